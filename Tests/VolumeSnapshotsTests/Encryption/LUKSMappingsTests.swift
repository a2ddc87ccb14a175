import HostSystem
import Synchronization
import Testing

@testable import VolumeSnapshots

/// Opening and closing with programs that are imitated; exit codes and words are those of cryptsetup 2.6.1 and dmsetup 1.02.185.
@Suite("LUKS mappings")
struct LUKSMappingsTests {
  static let name = "backupctl-run-1"
  static let line =
    "\(name): 0 16384 crypt aes-xts-plain64 :64:logon:cryptsetup:x-d0 0 253:5 32768 1 sector_size:4096\n"
  static let secret = "correct horse"

  /// A volume whose beginning is the recorded LUKS2 header, and its key.
  private struct Scene {
    let scratch: OpeningScratch
    let device: String
    let key: LUKSKeySource
    let leases = OpeningLeases()

    init(key: String = secret, volume: [UInt8]? = nil) throws {
      scratch = try OpeningScratch()
      device = try scratch.file("volume", try volume ?? OpeningScratch.fixture("luks2-header"))
      self.key = .file(try scratch.file("key", Array(key.utf8)))
    }

    func mappings(_ tools: OpeningTools, kernel: KernelView = .made()) -> LUKSMappings {
      LUKSMappings(tools: tools, leases: leases, retry: .atOnce, kernel: kernel)
    }
  }

  /// A host on which one mapping can be opened and closed.
  private static func host(
    table line: String = line, closing: @escaping @Sendable (Int) -> ChildResult = { _ in .done }
  )
    -> OpeningTools
  {
    let state = Mutex((isOpen: false, closings: 0))
    return OpeningTools { call in
      state.withLock { state in
        switch (call.tool, call.arguments.first) {
        case ("cryptsetup", "open"):
          state.isOpen = true
          return .done
        case ("cryptsetup", "close"):
          state.closings += 1
          let result = closing(state.closings)
          if result.isSuccess { state.isOpen = false }
          return result
        case ("dmsetup", "table"): return .said(state.isOpen ? line : "No devices found\n")
        default: return .failed(127)
        }
      }
    }
  }

  @Test(arguments: [LUKSMapping.Access.readOnly, .readWrite])
  func opensUnderALeaseWithTheKeyOnStandardInputOnly(access: LUKSMapping.Access) async throws {
    let scene = try Scene()
    let tools = Self.host()
    let size = try await scene.mappings(tools).withMapping(
      of: scene.device, shown: "pve/x", token: "run-1", access: access, key: scene.key
    ) { mapping in
      #expect(mapping.path == "/dev/mapper/backupctl-run-1")
      #expect(mapping.header.uuid == "6f6f5d5e-0000-4000-8000-000000000002")
      return mapping.size
    }
    #expect(size == 16_384 * 512)
    let readOnly = access == .readOnly ? " --readonly" : ""
    #expect(
      tools.lines == [
        "cryptsetup open --type luks --batch-mode --key-file=-\(readOnly) -- \(scene.device) \(Self.name)",
        "dmsetup table", "dmsetup table", "cryptsetup close -- \(Self.name)", "dmsetup table",
      ])
    #expect(tools.calls.first?.input == Array(Self.secret.utf8))
    #expect(tools.calls.dropFirst().allSatisfy { $0.input.isEmpty })
    #expect(
      scene.leases.events == [
        "acquire mapping \(Self.name) on \(scene.device)", "release mapping \(Self.name) on \(scene.device)",
      ])
  }

  @Test func closesAndReleasesWhenItsUseFails() async throws {
    let scene = try Scene()
    let tools = Self.host()
    let error = await volumeError {
      try await scene.mappings(tools).withMapping(
        of: scene.device, shown: "pve/x", token: "run-1", access: .readOnly, key: scene.key
      ) { _ in throw VolumeError(.noSpace, "in use") }
    }
    #expect(error?.code == .noSpace)
    #expect(tools.lines.contains("cryptsetup close -- \(Self.name)"))
    #expect(scene.leases.events.last?.hasPrefix("release") == true)
  }

  @Test(
    arguments: [
      (2, secret, VolumeError.Code.wrongKey, "the key fits none of its LUKS key slots", "--test-passphrase"),
      (2, secret + "\n", .wrongKey, "the key fits none of its LUKS key slots", "ends in a newline"),
      (5, secret, .busy, "is in use", "dmsetup ls --tree"),
      (1, secret, .toolFailed, "cryptsetup ended with code 1", ""),
    ] as [(Int32, String, VolumeError.Code, String, String)])
  func saysWhyAVolumeIsNotOpenedWithoutItsKey(
    code: Int32, key: String, expected: VolumeError.Code, why: String, hint: String
  ) async throws {
    let scene = try Scene(key: key)
    let tools = OpeningTools { call in
      call.tool == "dmsetup" ? .said("") : .failed(code, "No key available with this passphrase.")
    }
    let error = await volumeError {
      try await scene.mappings(tools).withMapping(
        of: scene.device, shown: "pve/x", token: "run-1", access: .readOnly, key: scene.key
      ) { _ in }
    }
    #expect(error?.code == expected)
    #expect(error?.message.hasPrefix("cannot open pve/x: ") == true && error?.message.contains(why) == true)
    #expect(error?.cause == "No key available with this passphrase.")
    #expect(hint.isEmpty || error?.hint?.contains(hint) == true)
    #expect("\(String(describing: error))".contains("horse") == false)
    #expect(scene.leases.events.count == 2)
  }

  @Test func runsNothingForAVolumeThatIsNotLUKSOrIsDamaged() async throws {
    var overwritten = try OpeningScratch.fixture("luks2-header")
    overwritten.replaceSubrange(0..<8, with: [UInt8](repeating: 0, count: 8))
    var damaged = try OpeningScratch.fixture("luks2-header")
    damaged[4096] = 0x58
    for (volume, expected) in [
      ([], "it is not a LUKS volume"), (overwritten, "its first LUKS header was overwritten"),
      (damaged, "its LUKS header is damaged: its JSON can't be understood; its second header is still there"),
    ] {
      let scene = try Scene(volume: volume)
      let tools = Self.host()
      let error = await volumeError {
        try await scene.mappings(tools).withMapping(
          of: scene.device, shown: "pve/x", token: "run-1", access: .readOnly, key: scene.key
        ) { _ in }
      }
      #expect(error?.message == "cannot open pve/x: \(expected)")
      #expect(tools.calls.isEmpty && scene.leases.events.isEmpty)
    }
  }

  @Test(arguments: [
    line.replacing("253:5", with: "253:6"), line.replacing(" 32768 ", with: " 8 "),
    "\(name): 0 16384 linear 253:5 32768\n",
  ])
  func refusesAMappingThatIsNotWhereTheHeaderSays(line: String) async throws {
    let scene = try Scene()
    let error = await volumeError {
      try await scene.mappings(Self.host(table: line)).withMapping(
        of: scene.device, shown: "pve/x", token: "run-1", access: .readOnly, key: scene.key
      ) { _ in }
    }
    #expect(error?.code == .refused)
  }

  @Test func closesAgainWhileSomethingStillLooksAtIt() async throws {
    let scene = try Scene()
    let tools = Self.host { $0 < 3 ? .failed(5, "Device backupctl-run-1 is still in use.") : .done }
    try await scene.mappings(tools).withMapping(
      of: scene.device, shown: "pve/x", token: "run-1", access: .readOnly, key: scene.key
    ) { _ in }
    #expect(tools.lines.count { $0.hasPrefix("cryptsetup close") } == 3)
  }

  @Test func keepsTheLeaseIfItStaysInUse() async throws {
    let scene = try Scene()
    let error = await volumeError {
      try await scene.mappings(Self.host { _ in .failed(5, "Device backupctl-run-1 is still in use.") }).withMapping(
        of: scene.device, shown: "pve/x", token: "run-1", access: .readOnly, key: scene.key
      ) { _ in }
    }
    #expect(error?.code == .busy)
    #expect(error?.message == "cannot close backupctl-run-1: it is still in use after 3 attempts")
    #expect(error?.cause == "Device backupctl-run-1 is still in use.")
    #expect(scene.leases.events.count == 1)
  }

  @Test func removesNothingWhereNothingIsLeft() async throws {
    let tools = Self.host()
    try await Scene().mappings(tools).removeLeftover(name: Self.name, device: "/dev/gone")
    #expect(tools.lines == ["dmsetup table"])
  }

  @Test(arguments: [
    "\(name): 0 16384 crypt aes-xts-plain64 00 0 253:6 32768\n", "\(name): 0 16384 linear 253:5 32768\n", "\(name): \n",
  ])
  func leavesAMappingAloneThatIsNotOnTheLeasedDevice(line: String) async throws {
    let tools = OpeningTools { _ in .said(line) }
    let error = await volumeError {
      try await Scene().mappings(tools).removeLeftover(name: Self.name, device: "/dev/x")
    }
    #expect(error?.code == .refused)
    #expect(tools.lines.allSatisfy { $0 == "dmsetup table" })
  }

  @Test func removesWhatAKilledCryptsetupLeftOnTheSameDeviceOnly() async throws {
    let tools = OpeningTools { call in
      call.arguments == ["table"]
        ? .said(
          """
          temporary-cryptsetup-77: 0 504 crypt aes-xts-plain64 00 0 253:5 64
          temporary-cryptsetup-78: 0 504 crypt aes-xts-plain64 00 0 253:9 64
          other: 0 504 crypt aes-xts-plain64 00 0 253:5 64

          """) : .done
    }
    try await Scene().mappings(tools).removeLeftover(name: Self.name, device: "/dev/x")
    #expect(tools.lines == ["dmsetup table", "dmsetup remove --retry temporary-cryptsetup-77"])
  }

  @Test func waitsForACryptsetupThatOutlivedItsParent() async throws {
    let asked = Mutex(0)
    let tools = Self.host()
    let kernel = KernelView.made(process: {
      asked.withLock {
        $0 += 1
        return $0 < 3 ? 4711 : nil
      }
    })
    try await Scene().mappings(tools, kernel: kernel).removeLeftover(name: Self.name, device: "/dev/x")
    #expect(asked.withLock { $0 } == 3)
    let stuck = KernelView.made(process: { 4711 })
    let error = await volumeError {
      try await Scene().mappings(tools, kernel: stuck).removeLeftover(name: Self.name, device: "/dev/x")
    }
    #expect(error?.code == .busy)
    #expect(error?.cause == "process 4711 is still opening it")
  }
}
