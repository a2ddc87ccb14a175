import HostSystem
import Testing

@testable import VolumeSnapshots

@Suite("Holds of a RealPool", .serialized, .enabled(if: MetadataRealPools.areAllowed, "BACKUPCTL_REAL_POOL isn't set"))
struct MetadataHoldsRealPoolTests {
  private func status(_ pool: MetadataRealPool) async throws -> PoolHold? {
    try PoolHold.parse(
      try await pool.tools.output(of: "dmsetup", ["status", try pool.messageDevice], to: "look"), pool: try pool.name)
  }

  private func mark(_ hold: PoolHold, _ pool: MetadataRealPool) throws -> HoldMark {
    let device = MetadataPool.metadataDevice(of: try pool.name)
    return try HoldMark.read(hold) { try MetadataHolds.readUncached(device, $0, $1) }
  }

  @Test func releasesItsOwnHoldAndNoForeignOne() async throws {
    try await MetadataRealPool.with { pool in
      try await pool.makeVolume("vol", mebibytes: 8)
      let name = try pool.name
      let thin = MetadataPool(name: name, uuid: "none", chunkSize: MetadataRealPool.chunk)
      // Ours, while it is read and afterwards.
      let held = try await pool.holds.with(thin) { _ in try await status(pool) }
      #expect(held != nil)
      #expect(try await status(pool) == nil)
      #expect(pool.leases.details.isEmpty)

      // A foreign one: refused, and not touched by a lease without a mark or with another one.
      try await pool.run("dmsetup", "message", try pool.messageDevice, "0", "reserve_metadata_snap")
      let foreign = try #require(try await status(pool))
      let error = try await #require(throws: VolumeError.self) { try await pool.holds.with(thin) { _ in } }
      #expect(error.code == .busy)
      print("\(error.message) | \(error.cause ?? "") | \(error.hint ?? "")")
      let undecided = try await #require(throws: VolumeError.self) {
        try await pool.holds.removeLeftover(of: name, noted: [:])
      }
      #expect(undecided.code == .busy)
      print("\(undecided.message) | \(undecided.cause ?? "") | \(undecided.hint ?? "")")
      try await pool.holds.removeLeftover(
        of: name, noted: HoldMark(root: foreign.root, superblock: "00").details)
      #expect(try await status(pool) == foreign)

      // Ours of a dead process: the mark is that of the standing hold.
      let ours = try mark(foreign, pool)
      try await pool.holds.removeLeftover(of: name, noted: ours.details)
      #expect(try await status(pool) == nil)
      try await pool.holds.removeLeftover(of: name, noted: ours.details)
    }
  }

  @Test func marksEachHoldApartEvenIfThePoolWasRestarted() async throws {
    try await MetadataRealPool.with { pool in
      try await pool.makeVolume("vol", mebibytes: 8)
      let device = try pool.messageDevice
      var marks: [HoldMark] = []
      for round in 0..<6 {
        if round == 3 {
          try await pool.run("vgchange", "-q", "-an", pool.group)
          try await pool.run("vgchange", "-q", "-ay", pool.group)
        }
        try await pool.run("dmsetup", "message", device, "0", "reserve_metadata_snap")
        marks.append(try mark(try #require(try await status(pool)), pool))
        try await pool.run("dmsetup", "message", device, "0", "release_metadata_snap")
      }
      print("roots: \(marks.map(\.root))")
      #expect(Set(marks).count == marks.count)
    }
  }

  @Test func findsAHoldThatOutlivedARestartOfThePool() async throws {
    try await MetadataRealPool.with { pool in
      try await pool.makeVolume("vol", mebibytes: 8)
      try await pool.run("dmsetup", "message", try pool.messageDevice, "0", "reserve_metadata_snap")
      let ours = try mark(try #require(try await status(pool)), pool)
      try await pool.run("vgchange", "-q", "-an", pool.group)
      let name = try pool.name
      let error = try await #require(throws: VolumeError.self) {
        try await pool.holds.removeLeftover(of: name, noted: ours.details)
      }
      #expect(error.code == .notFound)
      try await pool.run("vgchange", "-q", "-ay", pool.group)
      try pool.write("vol", at: 0, [1, 2, 3])
      try await pool.holds.removeLeftover(of: name, noted: ours.details)
      #expect(try await status(pool) == nil)
    }
  }
}
