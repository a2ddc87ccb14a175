import Foundation
import HostSystem
import Testing

@testable import VolumeSnapshots

@Suite(.enabled(if: RealPool.isWanted, RealPool.reason), .serialized) struct RealPoolHealthTests {
  private func fill(_ pool: RealPool, _ volume: String, mebibytes: Int) async throws -> Bool {
    try await pool.tools.run(
      "dd",
      [
        "if=/dev/urandom", "of=\(try pool.name(volume).devicePath)", "bs=1M", "count=\(mebibytes)", "oflag=direct",
        "conv=fsync",
      ], input: [], timeLimit: .seconds(300)
    ).isSuccess
  }

  @Test func prunesOldSnapshotsOfAFullPoolAndThenTakesTheNewOne() async throws {
    try await RealPool.with(mebibytes: 64) { pool in
      // 30 MiB in a snapshot only, 30 MiB in the volume.
      #expect(try await fill(pool, "vm-1.a", mebibytes: 30))
      let old = try #require(try await pool.take(["vm-1.a"]).snapshots.first)
      let newer = try #require(try await pool.take(["vm-1.a"]).snapshots.first)
      #expect(try await fill(pool, "vm-1.a", mebibytes: 30))
      // The newest good snapshot stays whatever happens, and it holds the old content: only metadata-wise is there room.
      let error = await #expect(throws: VolumeError.self) { try await pool.take(["vm-1.a"]) }
      #expect(error?.code == .noSpace && error?.cause == "removing 1 snapshots of ours was not enough")
      #expect(try await pool.inventory().snapshots.map(\.name) == [newer.name])
      #expect(old.name != newer.name)
      let taken = try await pool.take(["vm-1-b"], limits: PoolLimits(data: FillLevel(percent: 97)))
      #expect(taken.snapshots.count == 1)
    }
  }

  @Test func refusesWhenThePoolHasNoDataLeft() async throws {
    try await RealPool.with(mebibytes: 32) { pool in
      _ = try await pool.lines("lvchange", "--errorwhenfull", "y", try pool.name("po-ol").description)
      #expect(try await fill(pool, "vm-1.a", mebibytes: 40) == false)
      let state = try await pool.inventory().pool(pool.name("po-ol"))
      #expect(state.health == .outOfData && state.dataLevel == FillLevel(percent: 100))
      let error = await #expect(throws: VolumeError.self) { try await pool.take(["vm-1.a"]) }
      #expect(error?.code == .noSpace)
    }
  }

  @Test func refusesWhenAWriteOfMetadataFailed() async throws {
    try await RealPool.with { pool in
      let snapshot = try #require(try await pool.take(["vm-1.a"]).snapshots.first)
      // The metadata's device lets reads through and fails writes.
      let device = try pool.name("po-ol").mapperName + "_tmeta"
      let table = try #require(try await pool.lines("dmsetup", "table", device).first).split(separator: " ")
      let flaky = "0 \(table[1]) flakey \(table[3]) \(table[4]) 0 60 1 error_writes"
      for arguments in [["suspend", "--noflush", device], ["reload", device, "--table", flaky], ["resume", device]] {
        _ = try await pool.tools.output(of: "dmsetup", arguments, to: "break the metadata")
      }
      #expect(try await fill(pool, "vm-1-b", mebibytes: 1) == false)
      let state = try await pool.inventory().pool(pool.name("po-ol"))
      print("after a failed write of metadata: health \(state.health), needs check \(state.needsCheck)")
      #expect(state.needsCheck || state.health == .readOnly || state.health == .failed)
      let refusal = await #expect(throws: VolumeError.self) { try await pool.take(["vm-1.a"]) }
      #expect(refusal?.code == .poolUnhealthy)
      let removal = SnapshotRemoval(tools: pool.tools, sleep: RealPool.sleep)
      let second = await #expect(throws: VolumeError.self) { try await removal.remove(snapshot.name) }
      #expect(second?.code == .poolUnhealthy)
      #expect(try await pool.inventory().snapshots.map(\.name) == [snapshot.name])
    }
  }
}
