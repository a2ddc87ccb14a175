import FoundationEssentials
import HostSystem
import Synchronization
import Testing

@testable import VolumeSnapshots

/// Real file systems on real loop devices.
@Suite(
  "Real mounts", .serialized, .timeLimit(.minutes(30)), .enabled(if: RealMount.isPossible, RealMount.reason))
struct RealMountTests {
  private let scratch: OpeningScratch
  private let leases = OpeningLeases()
  private let mounts: VolumeMounts

  init() throws {
    scratch = try OpeningScratch()
    mounts = VolumeMounts(
      tools: HostTools(), leases: leases, directory: "\(scratch.path)/mounts",
      retry: BusyRetry(attempts: 5, pause: .milliseconds(100)))
  }

  private func isMounted(_ path: String) throws -> Bool {
    try MountTable.current().mounts.contains { $0.mountPoint.elementsEqual(path.utf8) }
  }

  private func signatures(_ device: String) throws -> [FileSystemSignature] {
    try FileSystemSignature.all(in: OpenFile.open(Array(device.utf8), .readOwn))
  }

  static let types = RealMount.hasXFS ? ["ext2", "ext3", "ext4", "xfs"] : ["ext2", "ext3", "ext4"]

  @Test(arguments: types)
  func readsACleanFileSystemAndLeavesNothingBehind(type: String) async throws {
    let image = try scratch.image("volume", mebibytes: RealMount.mebibytes(type))
    try await RealMount.make(type, image)
    try await RealMount.withLoop(image) { device in
      let path = try await mounts.withMount(of: device, shown: "pve/x", token: "run-1") { path in
        let own = try #require(
          try String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8).split(separator: "\n")
            .first { $0.contains(" \(path) ") })
        // Field 6 has the options of the mount (proc_pid_mountinfo(5)).
        let options = Set(own.split(separator: " ")[5].split(separator: ","))
        #expect(options.isSuperset(of: ["ro", "nosuid", "nodev", "noexec", "noatime"]))
        #expect(own.contains(type == "xfs" ? "- xfs " : "- ext4 "))
        return path
      }
      #expect(!FileManager.default.fileExists(atPath: path))
      #expect(try !isMounted(path))
      #expect(leases.events == ["acquire mount \(device) at \(path)", "release mount \(device) at \(path)"])
    }
  }

  @Test(arguments: types.filter { $0 != "xfs" })
  func aFileSystemThatAsksForAPanicOfItsHostGetsNone(type: String) async throws {
    let image = try scratch.image("volume", mebibytes: RealMount.mebibytes(type))
    try await RealMount.make(type, image)
    _ = try await HostTools().output(of: "tune2fs", ["-e", "panic", image], to: "ask for a panic")
    try await RealMount.withLoop(image) { device in
      try await mounts.withMount(of: device, shown: "pve/x", token: "run-1") { path in
        let own = try #require(
          try String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8).split(separator: "\n")
            .first { $0.contains(" \(path) ") })
        #expect(own.contains("errors=remount-ro"))
        #expect(!own.contains("errors=panic"))
      }
    }
  }

  @Test(arguments: types.filter { $0 == "ext4" || $0 == "xfs" })
  func replaysTheJournalOfAFileSystemThatWasNotUnmounted(type: String) async throws {
    let copy = try await RealMount.makeDirty(type, scratch)
    try await RealMount.withLoop(copy) { device in
      if type == "ext4" { #expect(try signatures(device) == [.ext(generation: 4, needsReplay: true)]) }
      let names = try await mounts.withMount(of: device, shown: "pve/x", token: "run-1") { path in
        for number in 1...8 {
          #expect(try String(contentsOfFile: "\(path)/file \(number)", encoding: .utf8) == "content \(number)\n")
        }
        return try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasPrefix("file") }.count
      }
      #expect(names == 8)
      if type == "ext4" { #expect(try signatures(device) == [.ext(generation: 4, needsReplay: false)]) }
    }
  }

  @Test(.enabled(if: RealMount.hasXFS, "needs mkfs.xfs"))
  func mountsXFSBesideTheVolumeItWasMadeOf() async throws {
    let image = try scratch.image("live", mebibytes: RealMount.mebibytes("xfs"))
    try await RealMount.make("xfs", image)
    let copy = "\(scratch.path)/copy"
    _ = try await OpeningScratch.run("cp", "--sparse=always", image, copy)
    try await RealMount.withLoop(image) { live in
      try await RealMount.withLoop(copy) { device in
        let inner = mounts
        try await inner.withMount(of: live, shown: "pve/live", token: "live") { _ in
          try await inner.withMount(of: device, shown: "pve/x", token: "copy") { path in
            let isBesideIt = try isMounted(path)
            #expect(isBesideIt)
          }
        }
      }
    }
  }

  @Test(arguments: types.filter { $0 == "ext4" || $0 == "xfs" })
  func hintsAtImagesForACorruptFileSystem(type: String) async throws {
    let image = try scratch.image("volume", mebibytes: RealMount.mebibytes(type))
    try await RealMount.make(type, image)
    // The magic number stays; what follows it in the superblock doesn't.
    let file = try OpenFile.open(Array(image.utf8), .update)
    try file.write([UInt8](repeating: 0xA5, count: 200)[...], at: type == "xfs" ? 8 : 1024 + 90)
    try file.write([UInt8](repeating: 0xA5, count: 8)[...], at: type == "xfs" ? 300 : 1024)
    try await RealMount.withLoop(image) { device in
      let error = await volumeError {
        try await mounts.withMount(of: device, shown: "pve/x", token: "run-1") { _ in }
      }
      #expect(error?.code == .notMountable)
      #expect(error?.cause?.hasPrefix("mount: ") == true)
      #expect(error?.hint?.contains("`mode: image`") == true)
      let left = try FileManager.default.contentsOfDirectory(atPath: "\(scratch.path)/mounts")
      #expect(left.isEmpty)
      #expect(leases.events.count == 2)
    }
  }

  @Test func staysMountedUnderItsLeaseWhileADirectoryIsOpen() async throws {
    let image = try scratch.image("volume", mebibytes: 64)
    try await RealMount.make("ext4", image)
    try await RealMount.withLoop(image) { device in
      let held = Mutex<OpenFile?>(nil)
      let path = "\(scratch.path)/mounts/backupctl-run-1"
      let error = await volumeError {
        try await mounts.withMount(of: device, shown: "pve/x", token: "run-1") { path in
          let directory = try OpenFile.open(Array(path.utf8), .directory)
          held.withLock { $0 = directory }
        }
      }
      #expect(error?.code == .busy)
      #expect(error?.cause?.contains("busy") == true)
      #expect(try isMounted(path))
      #expect(leases.events == ["acquire mount \(device) at \(path)"])
      held.withLock { $0 = nil }
      try await mounts.removeLeftover(path: path, device: device)
      #expect(try !isMounted(path))
    }
  }

  @Test func removesWhatAKilledRunLeftAndDoesNothingTheSecondTime() async throws {
    let image = try scratch.image("volume", mebibytes: 64)
    try await RealMount.make("ext4", image)
    let path = "\(scratch.path)/left"
    _ = try await OpeningScratch.run("mkdir", path)
    try await RealMount.withLoop(image) { device in
      _ = try await OpeningScratch.run("mount", "-t", "ext4", device, path)
      // A second mount over the first one.
      _ = try await OpeningScratch.run("mount", "--bind", path, path)
      for _ in 0..<2 { try await mounts.removeLeftover(path: path, device: device) }
      #expect(try !isMounted(path))
      #expect(!FileManager.default.fileExists(atPath: path))
    }
  }

  @Test func leavesTheMountOfAnotherDeviceAlone() async throws {
    let image = try scratch.image("volume", mebibytes: 64)
    try await RealMount.make("ext4", image)
    let other = try scratch.image("other", mebibytes: 64)
    let path = "\(scratch.path)/left"
    _ = try await OpeningScratch.run("mkdir", path)
    try await RealMount.withLoop(image) { device in
      try await RealMount.withLoop(other) { leased in
        _ = try await OpeningScratch.run("mount", "-t", "ext4", device, path)
        let error = await volumeError { try await mounts.removeLeftover(path: path, device: leased) }
        #expect(error?.code == .refused)
        #expect(try isMounted(path))
        try await mounts.removeLeftover(path: path, device: device)
        #expect(try !isMounted(path))
      }
    }
  }

  @Test func readsFilesOfAVolumeThatIsNotEncryptedWithoutAskingForAKey() async throws {
    let copy = try await RealMount.makeDirty("ext4", scratch)
    try await RealMount.withLoop(copy) { device in
      let systems = VolumeFileSystems(mappings: LUKSMappings(tools: HostTools(), leases: leases), mounts: mounts)
      let text = try await systems.withFileSystem(
        of: device, shown: "pve/x", token: "run-1", key: .file("/nonexistent/key")
      ) { path in try String(contentsOfFile: "\(path)/file 1", encoding: .utf8) }
      #expect(text == "content 1\n")
    }
  }
}
