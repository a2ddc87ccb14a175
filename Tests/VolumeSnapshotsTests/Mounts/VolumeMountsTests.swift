import FoundationEssentials
import HostSystem
import Synchronization
import Testing

@testable import VolumeSnapshots

/// Mounting with programs that are imitated; exit codes and words are those of util-linux 2.38.
@Suite("Mounts of volumes")
struct VolumeMountsTests {
  /// A device that begins with the superblock of XFS or ext4, and a host on which it can be mounted once.
  private final class Scene: Sendable {
    let scratch: OpeningScratch
    let device: String
    let leases = OpeningLeases()
    private let mountPoints = Mutex<[String]>([])

    init(xfs: Bool = false, volume: [UInt8]? = nil) throws {
      scratch = try OpeningScratch()
      var bytes = [UInt8](repeating: 0, count: 4096)
      if xfs { bytes.replaceSubrange(0..<4, with: Array("XFSB".utf8)) } else { bytes[1080...1081] = [0x53, 0xEF] }
      device = try scratch.file("volume", volume ?? bytes)
    }

    var path: String { "\(scratch.path)/mounts/backupctl-run-1" }

    func tools(
      mounting: @escaping @Sendable () throws -> ChildResult = { .done },
      unmounting: @escaping @Sendable (_ attempt: Int) -> ChildResult = { _ in .done }
    ) -> OpeningTools {
      let attempts = Mutex(0)
      return OpeningTools { [self] call in
        let path = call.arguments.last ?? ""
        switch call.tool {
        case "mount":
          let result = try mounting()
          if result.isSuccess { mountPoints.withLock { $0.append(path) } }
          return result
        case "umount":
          let result = unmounting(
            attempts.withLock {
              $0 += 1; return $0
            })
          if result.isSuccess {
            mountPoints.withLock { points in points.lastIndex(of: path).map { _ = points.remove(at: $0) } }
          }
          return result
        default: return .failed(127)
        }
      }
    }

    /// Mounts of 253:5, unless said otherwise.
    func mounts(
      _ tools: OpeningTools, process: @escaping @Sendable () -> Int32? = { nil }, device number: String = "253:5"
    ) -> VolumeMounts {
      let kernel = KernelView.made(
        mounts: { [self] in
          mountPoints.withLock { $0 }.map { "36 35 \(number) / \($0) ro shared:1 - ext4 /dev/x ro" }.joined(
            separator: "\n")
        }, process: process)
      return VolumeMounts(
        tools: tools, leases: leases, directory: "\(scratch.path)/mounts", retry: .atOnce, kernel: kernel)
    }

    func pretendMounted(_ path: String) { mountPoints.withLock { $0.append(path) } }

    func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
  }

  @Test(arguments: [false, true])
  func mountsUnderALeaseWithTheTypeSpelledOut(xfs: Bool) async throws {
    let scene = try Scene(xfs: xfs)
    let tools = scene.tools()
    let seen = try await scene.mounts(tools).withMount(of: scene.device, shown: "pve/x", token: "run-1") { path in
      #expect(scene.exists(path))
      return path
    }
    #expect(seen == scene.path)
    #expect(!scene.exists(seen))
    let options = "ro,nosuid,nodev,noexec,noatime" + (xfs ? ",nouuid" : ",errors=remount-ro")
    #expect(
      tools.lines == [
        "mount -i -t \(xfs ? "xfs" : "ext4") -o \(options) -- \(scene.device) \(seen)", "umount -i -- \(seen)",
      ])
    #expect(
      scene.leases.events == [
        "acquire mount \(scene.device) at \(seen)", "release mount \(scene.device) at \(seen)",
      ])
  }

  @Test func unmountsWhenItsUseFails() async throws {
    let scene = try Scene()
    let error = await volumeError {
      try await scene.mounts(scene.tools()).withMount(of: scene.device, shown: "pve/x", token: "run-1") { _ in
        throw VolumeError(.noSpace, "in use")
      }
    }
    #expect(error?.code == .noSpace)
    #expect(!scene.exists(scene.path))
    #expect(scene.leases.events.last?.hasPrefix("release") == true)
  }

  @Test func hintsAtImagesWhereTheKernelRefuses() async throws {
    let scene = try Scene()
    let words = "mount: /x: wrong fs type, bad option, bad superblock on /dev/x, missing codepage or helper program."
    let error = await volumeError {
      try await scene.mounts(scene.tools(mounting: { .failed(32, words) }))
        .withMount(of: scene.device, shown: "pve/x", token: "run-1") { _ in }
    }
    #expect(error?.code == .notMountable)
    #expect(error?.message == "cannot mount pve/x: the kernel refuses its file system")
    #expect(error?.cause == words)
    #expect(error?.hint?.contains("`mode: image`") == true)
    #expect(!scene.exists(scene.path))
    #expect(scene.leases.events.count == 2)
  }

  @Test func tellsAFailureOfTheProgramFromOneOfTheFileSystem() async throws {
    let scene = try Scene()
    let error = await volumeError {
      try await scene.mounts(scene.tools(mounting: { .failed(1, "mount: must be superuser to use mount") }))
        .withMount(of: scene.device, shown: "pve/x", token: "run-1") { _ in }
    }
    #expect(error?.code == .toolFailed)
  }

  @Test func hintsAtImagesWhereReplayingTakesTooLong() async throws {
    let scene = try Scene()
    let error = await volumeError {
      try await scene.mounts(scene.tools(mounting: { throw ChildError(.timedOut, "cannot run mount: too long") }))
        .withMount(of: scene.device, shown: "pve/x", token: "run-1") { _ in }
    }
    #expect(error?.message == "cannot mount pve/x: replaying its journal took longer than 1800.0 s")
    #expect(error?.hint?.contains("`mode: image`") == true)
  }

  @Test func runsNothingForContentThatIsNoKnownFileSystem() async throws {
    var both = [UInt8](repeating: 0, count: 70_000)
    both[1080...1081] = [0x53, 0xEF]
    both.replaceSubrange(65_600..<65_608, with: Array("_BHRfS_M".utf8))
    var btrfs = both
    btrfs[1080] = 0
    for (volume, why) in [
      ([UInt8](repeating: 0, count: 4096), "it has no file system that is known"),
      (both, "it looks like ext2 and Btrfs"),
      (btrfs, "it has Btrfs, of which no files are read"),
      (try OpeningScratch.fixture("luks1-header"), "it is encrypted"),
    ] {
      let scene = try Scene(volume: volume)
      let tools = scene.tools()
      let error = await volumeError {
        try await scene.mounts(tools).withMount(of: scene.device, shown: "pve/x", token: "run-1") { _ in }
      }
      #expect(error?.code == .notMountable)
      #expect(error?.message == "cannot mount pve/x: \(why)")
      #expect(error?.hint?.contains("`mode: image`") == true)
      #expect(tools.calls.isEmpty && scene.leases.events.isEmpty)
    }
  }

  @Test func unmountsAgainWhileSomethingIsUsingIt() async throws {
    let scene = try Scene()
    let tools = scene.tools(unmounting: { $0 < 3 ? .failed(32, "umount: /x: target is busy.") : .done })
    try await scene.mounts(tools).withMount(of: scene.device, shown: "pve/x", token: "run-1") { _ in }
    #expect(tools.lines.count { $0.hasPrefix("umount") } == 3)
    #expect(!tools.lines.contains { $0.contains("-l") })
  }

  @Test func keepsTheLeaseAndTheMountPointIfItStaysInUse() async throws {
    let scene = try Scene()
    let error = await volumeError {
      try await scene.mounts(scene.tools(unmounting: { _ in .failed(32, "umount: /x: target is busy.") }))
        .withMount(of: scene.device, shown: "pve/x", token: "run-1") { _ in }
    }
    #expect(error?.code == .busy)
    #expect(error?.cause == "umount: /x: target is busy.")
    #expect(error?.hint == "look with `fuser -vm \(scene.path)`")
    #expect(scene.exists(scene.path))
    #expect(scene.leases.events.count == 1)
  }

  @Test func removesNothingWhereNothingIsLeft() async throws {
    let scene = try Scene()
    let tools = scene.tools()
    try await scene.mounts(tools).removeLeftover(path: scene.path, device: "/dev/gone")
    #expect(tools.calls.isEmpty)
  }

  @Test func unmountsAsOftenAsTheDeviceIsMounted() async throws {
    let scene = try Scene()
    try FileManager.default.createDirectory(atPath: scene.path, withIntermediateDirectories: true)
    for _ in 0..<2 { scene.pretendMounted(scene.path) }
    let tools = scene.tools()
    try await scene.mounts(tools).removeLeftover(path: scene.path, device: "/dev/x")
    #expect(tools.lines == ["umount -i -- \(scene.path)", "umount -i -- \(scene.path)"])
    #expect(!scene.exists(scene.path))
  }

  @Test(arguments: ["253:6", "0:53", "garbage"])
  func leavesAMountAloneThatIsNotOfTheLeasedDevice(number: String) async throws {
    let scene = try Scene()
    scene.pretendMounted(scene.path)
    let tools = scene.tools()
    let error = await volumeError {
      try await scene.mounts(tools, device: number).removeLeftover(path: scene.path, device: "/dev/x")
    }
    #expect(error?.code == .refused)
    #expect(tools.calls.isEmpty)
  }

  @Test func leavesFilesInAMountPointAlone() async throws {
    let scene = try Scene()
    try FileManager.default.createDirectory(atPath: scene.path + "/kept", withIntermediateDirectories: true)
    let error = await volumeError {
      try await scene.mounts(scene.tools()).removeLeftover(path: scene.path, device: "/dev/x")
    }
    #expect(error?.code == .refused)
    #expect(scene.exists(scene.path + "/kept"))
  }

  @Test func waitsForAMountThatOutlivedItsParent() async throws {
    let scene = try Scene()
    let error = await volumeError {
      try await scene.mounts(scene.tools(), process: { 4711 }).removeLeftover(path: scene.path, device: "/dev/x")
    }
    #expect(error?.code == .busy)
    #expect(error?.cause == "process 4711 is still mounting it")
  }
}
