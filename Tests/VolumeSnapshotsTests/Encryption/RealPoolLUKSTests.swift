import Foundation
import HostSystem
import Synchronization
import TestSupport
import Testing

@testable import VolumeSnapshots

/// Real mappings, which need dm-crypt: in the guest, or on a host whose kernel has it.
@Suite(
  "RealPool LUKS", .serialized, .timeLimit(.minutes(60)),
  .enabled(
    if: ProcessInfo.processInfo.environment["BACKUPCTL_REAL_POOL"] == "1",
    "needs dm-crypt and root: runs in the guest (BACKUPCTL_REAL_POOL=1)"))
struct RealPoolLUKSTests {
  private let scratch: OpeningScratch
  private let leases = OpeningLeases()
  private let key: LUKSKeySource
  private let mappings: LUKSMappings
  private let systems: VolumeFileSystems

  init() throws {
    scratch = try OpeningScratch()
    key = .file(try scratch.file("key", Array("correct horse".utf8)))
    let retry = BusyRetry(attempts: 4, pause: .milliseconds(200))
    mappings = LUKSMappings(tools: HostTools(), leases: leases, retry: retry)
    systems = VolumeFileSystems(
      mappings: mappings,
      mounts: VolumeMounts(tools: HostTools(), leases: leases, directory: "\(scratch.path)/mounts", retry: retry))
  }

  private func format(_ image: String, _ options: [String]) async throws {
    _ = try await OpeningScratch.run(
      [
        "cryptsetup", "luksFormat", "--batch-mode", "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000",
        "--key-file=-",
      ] + options + [image], input: Array("correct horse".utf8))
  }

  private func volume(_ options: [String], mebibytes: Int = 24) async throws -> String {
    let image = try scratch.image("volume", mebibytes: mebibytes)
    try await format(image, options)
    return image
  }

  private func mapped() async throws -> [String] {
    try await CryptTable.current(HostTools()).mappings.keys.filter { !$0.hasPrefix("other") }.sorted()
  }

  static let kinds = [
    ["--type", "luks1"], ["--type", "luks2", "--sector-size", "512"], ["--type", "luks2", "--sector-size", "4096"],
    ["--type", "luks2", "--cipher", "aes-cbc-plain64", "--sector-size", "512"],
  ]

  private func read(_ path: String, _ offset: Int64, _ count: Int) throws -> [UInt8] {
    try OpenFile.open(Array(path.utf8), .readOwn).contents(at: offset, count: count)
  }

  @Test(arguments: kinds)
  func opensAndClosesWithTheSizeThatTheHeaderSays(options: [String]) async throws {
    let image = try await volume(options)
    try await RealMount.withLoop(image) { device in
      let mapping = try await mappings.withMapping(
        of: device, shown: "pve/x", token: "run-1", access: .readOnly, key: key
      ) { mapping in
        let number = try KernelView.host.deviceNumber(mapping.path)
        #expect(number.major > 0)
        let names = try await mapped()
        #expect(names == ["backupctl-run-1"])
        return mapping
      }
      #expect(mapping.size == mapping.header.identity?.segment.plaintextSize(ofVolume: 24 << 20))
      let left = try await mapped()
      #expect(left.isEmpty)
      #expect(leases.events.count == 2)
    }
  }

  @Test func refusesToWriteThroughAReadOnlyMapping() async throws {
    let image = try await volume(["--type", "luks2"])
    try await RealMount.withLoop(image) { device in
      try await mappings.withMapping(of: device, shown: "pve/x", token: "run-1", access: .readOnly, key: key) {
        mapping in
        let error = #expect(throws: SystemError.self) {
          let file = try OpenFile.open(Array(mapping.path.utf8), .openOrCreate(permissions: 0o600))
          try file.write([1, 2, 3][...], at: 0)
          try file.synchronize()
        }
        #expect(error != nil)
      }
    }
  }

  @Test func tellsAWrongKeyAndLeavesNothingBehind() async throws {
    let image = try await volume(["--type", "luks2"])
    let wrong = LUKSKeySource.file(try scratch.file("wrong", Array("correct horse\n".utf8)))
    try await RealMount.withLoop(image) { device in
      let error = await volumeError {
        try await mappings.withMapping(of: device, shown: "pve/x", token: "run-1", access: .readOnly, key: wrong) { _ in
        }
      }
      #expect(error?.code == .wrongKey)
      #expect(error?.hint?.contains("newline") == true)
      let left = try await mapped()
      #expect(left.isEmpty)
      #expect(leases.events.count == 2)
    }
  }

  @Test func opensWithTheOutputOfACommand() async throws {
    let image = try await volume(["--type", "luks1"])
    try await RealMount.withLoop(image) { device in
      let size = try await mappings.withMapping(
        of: device, shown: "pve/x", token: "run-1", access: .readOnly,
        key: .command(["printf", "%s", "correct horse"], timeLimit: .seconds(60))
      ) { $0.size }
      #expect(size > 0)
    }
  }

  /// The claim on which shifted ranges rest: after writes to the plaintext, all that changed in the plaintext lies in the plaintext ranges
  /// that are made of what changed in the ciphertext, in chunks as a pool has them, and no more than those chunks.
  @Test(arguments: kinds)
  func plaintextChangesOnlyWhereTheShiftedMapSays(options: [String]) async throws {
    let volumeSize = 20 << 20
    let image = try await volume(options, mebibytes: 20)
    let chunk: Int64 = 65_536
    var random = SeededRandom(seed: 31)
    let places = (0..<12).map { _ in Int64(random.below(3 << 20)) / 512 * 512 }
    try await RealMount.withLoop(image) { device in
      func generation(_ write: Bool) async throws -> (plain: Data, cipher: Data, identity: LUKSIdentity?) {
        let result = try await mappings.withMapping(
          of: device, shown: "pve/x", token: "run-1", access: .readWrite, key: key
        ) { mapping in
          if write {
            let file = try OpenFile.open(Array(mapping.path.utf8), .openOrCreate(permissions: 0o600))
            for place in places { try file.write(Array("changed at \(place)".utf8)[...], at: place) }
            try file.synchronize()
          }
          return (Data(try read(mapping.path, 0, Int(mapping.size))), mapping.header.identity)
        }
        // Compared as `Data`, which an unoptimised build does as fast as an optimised one.
        let cipher = Data(try read(device, 0, volumeSize))
        return (result.0, cipher, result.1)
      }
      let before = try await generation(false)
      let after = try await generation(true)
      let identity = try #require(after.identity)
      #expect(identity.difference(from: before.identity) == nil)
      let ranges = stride(from: 0, to: Int64(after.cipher.count), by: Int(chunk)).map { start in
        let end = min(start + chunk, Int64(after.cipher.count))
        let isSame = before.cipher[Int(start)..<Int(end)] == after.cipher[Int(start)..<Int(end)]
        return BlockMap.Range(start..<end, isSame ? .same : .changed)
      }
      let map = BlockMap(size: Int64(after.cipher.count), ranges)
        .plaintext(of: identity.segment, size: Int64(after.plain.count), unmapped: .isRead)
      #expect(before.plain != after.plain)
      for range in map.ranges where range.state == .same {
        let bytes = Int(range.bytes.lowerBound)..<Int(range.bytes.upperBound)
        #expect(before.plain[bytes] == after.plain[bytes], "\(range.bytes)")
      }
      #expect(map.bytes(.changed) > 0 && map.bytes(.changed) <= 2 * chunk * Int64(places.count))
    }
  }

  @Test func zerosOfTheVolumeReadAsNoiseThroughTheMapping() async throws {
    let image = try await volume(["--type", "luks2"])
    try await RealMount.withLoop(image) { device in
      let (cipher, plain) = try await mappings.withMapping(
        of: device, shown: "pve/x", token: "run-1", access: .readOnly, key: key
      ) { mapping in
        let offset = try #require(mapping.header.identity).segment.offset
        return (try read(device, offset, 4096), try read(mapping.path, 0, 4096))
      }
      #expect(cipher.allSatisfy { $0 == 0 })
      #expect(Set(plain).count > 100)
    }
  }

  @Test(arguments: ["ext4", "xfs"])
  func readsFilesOfAnEncryptedVolumeWhoseFileSystemWasNotUnmounted(type: String) async throws {
    guard type != "xfs" || RealMount.hasXFS else { return }
    // The file system is dirtied in the clear and then put behind a header, which is what a snapshot of it would hold. Its zeros are
    // written too: where nothing is written the mapping shows noise, which XFS finds in its log.
    let plain = try await RealMount.makeDirty(type, scratch)
    let image = try await volume(
      ["--type", "luks2", "--sector-size", "512"], mebibytes: RealMount.mebibytes(type) + 16)
    try await RealMount.withLoop(image) { device in
      try await mappings.withMapping(of: device, shown: "pve/x", token: "fill", access: .readWrite, key: key) {
        mapping in
        _ = try await OpeningScratch.run(
          "dd", "if=\(plain)", "of=\(mapping.path)", "bs=1M", "conv=fsync", "status=none")
      }
      let text = try await systems.withFileSystem(of: device, shown: "pve/x", token: "run-1", key: key) { path in
        let names = try await mapped()
        #expect(names == ["backupctl-run-1"])
        return try (1...8).map { try String(contentsOfFile: "\(path)/file \($0)", encoding: .utf8) }
      }
      #expect(text == (1...8).map { "content \($0)\n" })
      let left = try await mapped()
      #expect(left.isEmpty)
      let path = "\(scratch.path)/mounts/backupctl-run-1"
      let mapping = "mapping backupctl-run-1 on \(device)"
      let mount = "mount /dev/mapper/backupctl-run-1 at \(path)"
      #expect(
        leases.events.dropFirst(2) == [
          "acquire \(mapping)", "acquire \(mount)", "release \(mount)", "release \(mapping)",
        ])
    }
  }

  @Test func closesEverythingWhenItsTaskIsCancelled() async throws {
    let image = try await volume(["--type", "luks2"], mebibytes: 32)
    try await RealMount.withLoop(image) { device in
      try await mappings.withMapping(of: device, shown: "pve/x", token: "fill", access: .readWrite, key: key) {
        mapping in
        _ = try await OpeningScratch.run("mke2fs", "-q", "-t", "ext4", mapping.path)
      }
      let (opened, continuation) = AsyncStream.makeStream(of: Void.self)
      let (systems, key) = (systems, key)
      let reading = Task {
        try await systems.withFileSystem(of: device, shown: "pve/x", token: "run-1", key: key) { _ in
          continuation.yield()
          // Ends only by being cancelled.
          try await ContinuousClock().sleep(for: .seconds(3600))
        }
      }
      for await _ in opened { break }
      reading.cancel()
      await #expect(throws: CancellationError.self) { try await reading.value }
      let left = try await mapped()
      #expect(left.isEmpty)
      #expect(leases.events.count == 6)
    }
  }

  @Test func staysOpenUnderItsLeaseWhileItIsUsedAndIsClosedByItLater() async throws {
    let image = try await volume(["--type", "luks2"])
    try await RealMount.withLoop(image) { device in
      let held = Mutex<OpenFile?>(nil)
      let error = await volumeError {
        try await mappings.withMapping(of: device, shown: "pve/x", token: "run-1", access: .readOnly, key: key) {
          mapping in
          let file = try OpenFile.open(Array(mapping.path.utf8), .readOwn)
          held.withLock { $0 = file }
        }
      }
      #expect(error?.code == .busy)
      #expect(leases.events == ["acquire mapping backupctl-run-1 on \(device)"])
      held.withLock { $0 = nil }
      for _ in 0..<2 { try await mappings.removeLeftover(name: "backupctl-run-1", device: device) }
      let left = try await mapped()
      #expect(left.isEmpty)
    }
  }

  @Test func leavesAMappingOfAnotherDeviceOrOfAnotherKindAlone() async throws {
    let image = try await volume(["--type", "luks2"])
    let other = try scratch.image("other", mebibytes: 24)
    try await RealMount.withLoop(image) { device in
      try await RealMount.withLoop(other) { leased in
        _ = try await OpeningScratch.run(
          "cryptsetup", "open", "--key-file", "\(scratch.path)/key", device, "other-crypt")
        _ = try await OpeningScratch.run("dmsetup", "create", "other-linear", "--table", "0 8 linear \(leased) 0")
        for (name, device) in [("other-crypt", leased), ("other-linear", leased)] {
          let error = await volumeError { try await mappings.removeLeftover(name: name, device: device) }
          #expect(error?.code == .refused)
        }
        let names = try await CryptTable.current(HostTools()).mappings.keys.sorted()
        #expect(names == ["other-crypt", "other-linear"])
        _ = try await OpeningScratch.run("dmsetup", "remove", "other-linear")
        try await mappings.removeLeftover(name: "other-crypt", device: device)
        let left = try await CryptTable.current(HostTools()).mappings
        #expect(left.isEmpty)
      }
    }
  }

  @Test func removesWhatAKilledCryptsetupLeftOfItsOwn() async throws {
    let image = try await volume(["--type", "luks2"])
    try await RealMount.withLoop(image) { device in
      _ = try await OpeningScratch.run(
        "dmsetup", "create", "temporary-cryptsetup-4711", "--table",
        "0 504 crypt aes-xts-plain64 \(String(repeating: "0", count: 128)) 0 \(device) 64")
      let found = try await mapped()
      #expect(found == ["temporary-cryptsetup-4711"])
      try await mappings.removeLeftover(name: "backupctl-run-1", device: device)
      let left = try await mapped()
      #expect(left.isEmpty)
    }
  }

  @Test func waitsForACryptsetupWhoseParentWasKilledAndClosesWhatItOpened() async throws {
    // Enough work for the key that the mapping is certainly not there yet when its removal begins.
    let image = try await volume(["--type", "luks2", "--pbkdf-force-iterations", "300000"])
    try await RealMount.withLoop(image) { device in
      _ = try await OpeningScratch.run(
        "/bin/sh", "-c",
        """
        setsid cryptsetup open --type luks --key-file "$1" -- "$2" backupctl-run-1 >/dev/null 2>&1 </dev/null &
        until tr '\\0' ' ' </proc/$!/cmdline | grep -q '^cryptsetup '; do :; done
        """, "sh", "\(scratch.path)/key", device)
      let before = try await mapped()
      #expect(!before.contains("backupctl-run-1"))
      let patient = LUKSMappings(
        tools: HostTools(), leases: leases, retry: BusyRetry(attempts: 600, pause: .milliseconds(200)))
      try await patient.removeLeftover(name: "backupctl-run-1", device: device)
      let left = try await mapped()
      #expect(left.isEmpty)
      #expect(try KernelView.host.processes("cryptsetup", "backupctl-run-1") == nil)
    }
  }

  @Test func isAnotherVolumeAfterItWasReencrypted() async throws {
    let image = try await volume(["--type", "luks2"])
    try await RealMount.withLoop(image) { device in
      func identity() async throws -> LUKSIdentity? {
        try await mappings.withMapping(of: device, shown: "pve/x", token: "run-1", access: .readOnly, key: key) {
          $0.header.identity
        }
      }
      let before = try await identity()
      _ = try await OpeningScratch.run(
        "cryptsetup", "reencrypt", "--batch-mode", "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000",
        "--key-file",
        "\(scratch.path)/key", device)
      let after = try #require(try await identity())
      #expect(after.difference(from: before) == "the volume has another LUKS volume key than the base")
    }
  }
}
