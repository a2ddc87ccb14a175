import HostSystem
import TestSupport
import Testing

@testable import VolumeSnapshots

/// On a real pool: what is read makes the true image, and everything that voids a base is noticed.
@Suite(
  "Changed blocks of a RealPool", .serialized,
  .enabled(if: MetadataRealPools.areAllowed, "BACKUPCTL_REAL_POOL isn't set"))
struct ChangedBlocksRealPoolTests {
  static let rounds = 8

  /// Writes, discards, grows or shrinks the volume.
  private func change(_ pool: MetadataRealPool, _ random: inout SeededRandom, size: inout Int64) async throws {
    for _ in 0..<random.below(5) {
      let offset = Int64(random.below(Int(size / 512))) * 512
      let length = min(Int64(1 + random.below(400)) * 512, size - offset)
      switch random.below(8) {
      case 0, 1:
        try await pool.run("blkdiscard", "-f", "-o", "\(offset)", "-l", "\(length)", try pool.device("vol-1"))
      case 2:
        // Always another size than it has.
        size = (size / (4 << 20) + Int64(random.below(3))) % 4 * (4 << 20) + (4 << 20)
        try await pool.run("lvresize", "-q", "-y", "-f", "-L", "\(size)b", "\(pool.group)/vol-1")
      default: try pool.write("vol-1", at: offset, random.bytes(Int(length)))
      }
    }
  }

  @Test func makesTheTrueImageAfterRandomChanges() async throws {
    try await MetadataRealPool.with { pool in
      var random = SeededRandom(seed: 20_261_122)
      var size: Int64 = 8 << 20
      try await pool.makeVolume("vol-1", mebibytes: 8)
      try pool.write("vol-1", at: 1 << 20, random.bytes(1 << 20))
      var image: [UInt8] = []
      var base: SnapshotIdentity?
      var (differences, empty) = (0, 0)
      for round in 0..<Self.rounds {
        if round > 0 { try await change(pool, &random, size: &size) }
        let name = "vol-1_snap_\(round)"
        try await pool.snapshot("vol-1", name)
        let outcome = try await pool.find(name, of: "vol-1", base: base)
        #expect(outcome.reason == nil, "round \(round)")
        #expect(outcome.isDifference == (base != nil))
        if outcome.isDifference { differences += 1 }
        if outcome.isDifference, outcome.map.bytes(.changed) == 0 { empty += 1 }
        let whole = try await pool.contents(name)
        #expect(outcome.map.size == Int64(whole.count))
        var made = [UInt8](repeating: 0, count: whole.count)
        for range in outcome.map.ranges {
          let bytes = Int(range.bytes.lowerBound)..<Int(range.bytes.upperBound)
          switch range.state {
          case .changed: made.replaceSubrange(bytes, with: whole[bytes])
          case .same: made.replaceSubrange(bytes, with: image[bytes])
          case .unmapped: break
          }
        }
        #expect(made == whole, "round \(round)")
        if let base { try await pool.run("lvremove", "-q", "-y", base.name.description) }
        (image, base) = (whole, outcome.identity)
      }
      #expect(differences == Self.rounds - 1)
      print("\(Self.rounds) rounds, \(differences) differences, \(empty) of them empty")
    }
  }

  struct Mutation: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let expected: BaseProof.Reason?
    let make: @Sendable (MetadataRealPool) async throws -> Void
  }

  static let mutations: [Mutation] = [
    Mutation(testDescription: "nothing, not even a read of the active base", expected: nil) { pool in
      _ = try await pool.contents("base")
    },
    Mutation(testDescription: "the base is removed", expected: .baseGone) { pool in
      try await pool.run("lvremove", "-q", "-y", "\(pool.group)/base")
    },
    Mutation(testDescription: "another volume of its name takes its thin id", expected: .baseReplaced) { pool in
      try await pool.run("lvremove", "-q", "-y", "\(pool.group)/base")
      try await pool.snapshot("vol", "base")
    },
    Mutation(testDescription: "the base is written to", expected: .baseWritten) { pool in
      try await pool.activate("base")
      try pool.write("base", at: 3 << 20, [1, 2, 3])
      try await pool.deactivate("base")
    },
    Mutation(testDescription: "a read-only mount replays the journal in the base", expected: .baseWritten) { pool in
      try await pool.activate("base")
      let directory = "\(pool.scratch.path)/mounted"
      try await pool.run("mkdir", directory)
      try await pool.run("mount", "-o", "ro", try pool.device("base"), directory)
      try await pool.run("umount", directory)
      try await pool.deactivate("base")
    },
    Mutation(testDescription: "the base is open", expected: .baseOpen) { pool in
      try await pool.activate("base")
      try await pool.openThroughLoop("base")
    },
    Mutation(testDescription: "the base is grown", expected: .baseResized) { pool in
      try await pool.run("lvextend", "-q", "-L", "+4M", "\(pool.group)/base")
    },
    Mutation(testDescription: "the volume is rolled back to an older snapshot", expected: .rolledBack) { pool in
      try await pool.deactivate("vol")
      try await pool.run("lvconvert", "-q", "-y", "--merge", "\(pool.group)/older")
      try await pool.run("lvchange", "-q", "-ay", "\(pool.group)/vol")
    },
    Mutation(testDescription: "a snapshot is renamed into the volume's place", expected: .originReplaced) { pool in
      try await pool.run("lvrename", "-q", pool.group, "vol", "vol-aside")
      try await pool.run("lvrename", "-q", pool.group, "older", "vol")
      try await pool.activate("vol")
    },
  ]

  @Test(arguments: mutations)
  func noticesWhatVoidsTheBase(mutation: Mutation) async throws {
    try await MetadataRealPool.with { pool in
      try await pool.makeVolume("vol", mebibytes: 16)
      try await pool.run("mkfs.ext4", "-q", try pool.device("vol"))
      try await pool.snapshot("vol", "older")
      // Mounted through a loop device, so that taking the snapshot doesn't still the file system: a dirty journal.
      let loop = try await pool.run("losetup", "-f", "--show", try pool.device("vol"))
        .trimmingCharacters(in: .whitespacesAndNewlines)
      let directory = "\(pool.scratch.path)/live"
      try await pool.run("mkdir", directory)
      try await pool.run("mount", loop, directory)
      try await pool.run("cp", "/etc/services", directory)
      try await pool.run("sync", "-f", directory)
      try await pool.snapshot("vol", "base")
      try await pool.run("umount", directory)
      try await pool.run("losetup", "-d", loop)
      let base = try #require(try await pool.find("base", of: "vol").identity)
      try await mutation.make(pool)
      try await pool.snapshot("vol", "new")
      let outcome = try await pool.find("new", of: "vol", base: base)
      #expect(outcome.void == mutation.expected, "\(outcome.reason ?? "no reason")")
      #expect(outcome.problem == nil)
      #expect(outcome.isDifference == (mutation.expected == nil))
      print("\(mutation.testDescription): \(outcome.reason ?? "proved")")
    }
  }

  @Test func noticesThatOldMetadataOfTheGroupWereRestored() async throws {
    try await MetadataRealPool.with { pool in
      try await pool.makeVolume("vol", mebibytes: 8)
      try await pool.snapshot("vol", "older")
      let file = "\(pool.scratch.path)/old"
      try await pool.run("vgcfgbackup", "-q", "-f", file, pool.group)
      try await pool.snapshot("vol", "base")
      let base = try #require(try await pool.find("base", of: "vol").identity)
      try await pool.run("vgchange", "-q", "-an", pool.group)
      // As someone does who is told "transaction_id is 3, while expected 2" and makes it fit.
      try await pool.run("sed", "-i", "s/transaction_id = 2/transaction_id = 3/", file)
      try await pool.run("vgcfgrestore", "-q", "--force", "-f", file, pool.group)
      try await pool.run("vgchange", "-q", "-ay", pool.group)
      let outcome = try await pool.find("older", of: "vol", base: base)
      #expect(outcome.void == .metadataRestored)
      // The pool still has the device that LVM forgot.
      let facts = try await pool.facts("older", of: "vol")
      let usage = try await pool.holds.with(facts.pool) { try await $0.usage() }
      let devices = try await pool.holds.with(facts.pool) { try await $0.devices() }
      #expect(devices.mapValues(\.mappedBlocks) == usage.mapValues(\.mappedBlocks))
      #expect(usage[base.thinID]?.creationTime == base.creationTime)
      print("restored: \(outcome.reason ?? "proved")")
    }
  }

  @Test func countsTheSameBlocksInBothToolsWhileTheVolumeIsWritten() async throws {
    try await MetadataRealPool.with { pool in
      try await pool.makeVolume("vol", mebibytes: 64)
      try await pool.snapshot("vol", "base")
      let base = try #require(try await pool.find("base", of: "vol").identity)
      let device = try pool.device("vol")
      let writer = Task {
        for offset in 0..<200 where !Task.isCancelled {
          try await pool.run(
            "dd", "if=/dev/urandom", "of=\(device)", "bs=64k", "count=3", "seek=\(offset * 5)", "conv=notrunc,fsync",
            "status=none")
        }
      }
      for round in 0..<4 {
        try await pool.snapshot("vol", "new\(round)")
        let outcome = try await pool.find("new\(round)", of: "vol", base: base)
        #expect(outcome.isDifference, "\(outcome.reason ?? "")")
      }
      writer.cancel()
      _ = await writer.result
    }
  }
}
