import BackupModel
import Foundation
import HostSystem
import Testing

@testable import VolumeSnapshots

/// Somebody writes 1, 2, 3 … to one volume and then to the other, all the time.
@Suite(.enabled(if: RealPool.isWanted, RealPool.reason), .serialized) struct RealPoolInstantTests {
  private static let writer = """
    import mmap, os, struct, sys
    files = [os.open(path, os.O_RDWR | os.O_DIRECT) for path in sys.argv[1:]]
    block = mmap.mmap(-1, 4096)
    number = 0
    while True:
        number += 1
        block[0:8] = struct.pack('<Q', number)
        for file in files:
            os.pwritev(file, [block], 1 << 20)
    """

  private func whileWriting(_ pool: RealPool, _ body: @Sendable () async throws -> Void) async throws {
    let devices = [try pool.name("vm-1.a").devicePath, try pool.name("vm-1-b").devicePath]
    let writer = Task {
      try await pool.tools.run("python3", ["-c", Self.writer] + devices, input: [], timeLimit: .seconds(900))
    }
    do { try await body() } catch {
      writer.cancel()
      _ = await writer.result
      throw error
    }
    writer.cancel()
    _ = await writer.result
  }

  private func numbers(_ snapshots: [VolumeSnapshot], _ pool: RealPool) async throws -> [UInt64] {
    var numbers: [UInt64] = []
    for snapshot in snapshots {
      let bytes = try await pool.read(snapshot, 8, at: 1 << 20)
      numbers.append(bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) })
    }
    return numbers
  }

  @Test func givesTwoVolumesOneInstantWhileBothAreWritten() async throws {
    try await RealPool.with { pool in
      try await whileWriting(pool) {
        let removal = SnapshotRemoval(tools: pool.tools, sleep: RealPool.sleep)
        var seen: [UInt64] = []
        var differences: [UInt64] = []
        for _ in 0..<3 {
          let together = try await pool.take(["vm-1.a", "vm-1-b"]).snapshots
          let pair = try await numbers(together, pool)
          // The first is written first: one instant is between the writes of a number, or after both.
          #expect(pair[0] == pair[1] || pair[0] == pair[1] + 1, "\(pair)")
          seen.append(pair[0])
          // The control: taken one after the other, the second volume is ahead of the first.
          let apart = try await pool.take(["vm-1.a"]).snapshots + pool.take(["vm-1-b"]).snapshots
          let control = try await numbers(apart, pool)
          differences.append(control[1] &- control[0])
          for snapshot in together + apart { try await removal.remove(snapshot.name) }
        }
        print("together: \(seen), taken apart the second was ahead by \(differences)")
        #expect(Set(seen).count == 3, "the writer was at work")
        #expect(differences.contains { $0 > 0 && $0 < UInt64.max / 2 }, "the test can tell")
      }
      // The pool is as LVM thinks it is: its transaction hasn't run away, everything can be deactivated and activated.
      _ = try await pool.lines("vgchange", "-an", pool.group)
      _ = try await pool.lines("vgchange", "-ay", pool.group)
      let inventory = try await pool.inventory()
      #expect(try inventory.pool(try pool.name("po-ol")).isActive)
      #expect(inventory.volumes.count == 2)
      #expect(pool.leases.now.isEmpty)
    }
  }

  @Test func removesASnapshotWhoseMakingWasCutOffBetweenTheTwoMessages() async throws {
    try await RealPool.with { pool in
      let taken = try await pool.take(["vm-1.a", "vm-1-b"])
      let cut = taken.snapshots[0]
      let device = try pool.name("po-ol").mapperName + "-tpool"
      _ = try await pool.lines("dmsetup", "message", device, "0", "delete \(cut.volume.thinID)")
      #expect(try await SnapshotRemoval(tools: pool.tools, sleep: RealPool.sleep).remove(cut.name))
      #expect(try await pool.take(["vm-1.a", "vm-1-b"]).snapshots.count == 2)
    }
  }
}
