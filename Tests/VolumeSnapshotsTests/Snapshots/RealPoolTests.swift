import BackupModel
import Foundation
import HostSystem
import Testing

@testable import VolumeSnapshots

@Suite(.enabled(if: RealPool.isWanted, RealPool.reason), .serialized) struct RealPoolSnapshotTests {
  @Test func takesReadsAndRemovesASnapshot() async throws {
    try await RealPool.with { pool in
      let origin = try pool.name("vm-1.a")
      try pool.write("before", to: origin.devicePath)
      let taken = try await pool.take(["vm-1.a"])
      let snapshot = try #require(taken.snapshots.first)
      try pool.write("after!", to: origin.devicePath)
      #expect(snapshot.tags.run == "r 1" && snapshot.originName == origin && snapshot.isGood)
      #expect(snapshot.volume.skipsActivation && !snapshot.volume.isActive)
      #expect(try await pool.read(snapshot, 6) == Array("before".utf8))
      let found = try LVMSnapshot(snapshot.name, in: taken.inventory)
      #expect(found.originThinID == 1 && found.pool.chunkSize == 65536 && found.size == 40 << 20)
      #expect(abs(found.created - (snapshot.tags.created?.seconds ?? 0)) <= 30)
      let removal = SnapshotRemoval(tools: pool.tools, sleep: RealPool.sleep)
      try await removal.setBase(snapshot.name, true)
      let refusal = await #expect(throws: VolumeError.self) { try await removal.remove(snapshot.name) }
      #expect(refusal?.code == .refused)
      try await removal.setBase(snapshot.name, false)
      #expect(try await removal.remove(snapshot.name))
      #expect(try await removal.remove(snapshot.name) == false)
      #expect(try await pool.inventory().snapshots.isEmpty)
      #expect(pool.leases.now.isEmpty)
    }
  }

  @Test func cannotWriteToASnapshot() async throws {
    try await RealPool.with(volumes: ["a"]) { pool in
      let snapshot = try #require(try await pool.take(["a"]).snapshots.first)
      let activation = SnapshotActivation(tools: pool.tools, sleep: RealPool.sleep)
      try await activation.with(snapshot, leases: pool.leases) { device in
        _ = #expect(throws: (any Error).self) { try pool.write("x", to: device) }
      }
    }
  }

  @Test func leavesForeignVolumesAlone() async throws {
    try await RealPool.with { pool in
      let foreign = try pool.name("vm-1-b")
      let removal = SnapshotRemoval(tools: pool.tools, sleep: RealPool.sleep)
      let activation = SnapshotActivation(tools: pool.tools, sleep: RealPool.sleep)
      let leftovers = LeftoverRemoval(tools: pool.tools, sleep: RealPool.sleep)
      for change in [
        { _ = try await removal.remove(foreign, allowRemovingBases: true) },
        { try await activation.deactivate(foreign) },
      ] {
        let error = await #expect(throws: VolumeError.self) { try await change() }
        #expect(error?.code == .refused)
      }
      #expect(try await leftovers.remove(.snapshot(foreign)) == .notOurs)
      #expect(try await pool.inventory().volume(foreign).isActive)
      // The condition in the command itself holds too: with our look passed over, nothing is touched.
      let inventory = try await pool.inventory()
      let volume = try inventory.volume(foreign)
      let owned = OwnedVolumes(tools: pool.tools, sleep: RealPool.sleep)
      let error = await #expect(throws: VolumeError.self) { try await owned.remove(volume, in: inventory, to: "test") }
      #expect(error?.code == .refused)
      #expect(try await pool.inventory().volumeIfAny(foreign) != nil)
    }
  }

  @Test func takesSnapshotsOfTheLongestNames() async throws {
    // Group `t-12345678` has 10 bytes: 114 are left by LVM; of hyphens, 127 less `t--12345678-` make 57 and a letter.
    let names = [String(repeating: "x", count: 114), "a" + String(repeating: "-", count: 56), "a.b+c_d-"]
    try await RealPool.with(volumes: names) { pool in
      for name in names {
        let snapshot = try #require(try await pool.take([name]).snapshots.first)
        #expect(snapshot.originName?.volume == name)
        #expect(try await pool.read(snapshot, 4) == [0, 0, 0, 0])
        let throwaway = ThrowawaySnapshot(tools: pool.tools, sleep: RealPool.sleep)
        try await throwaway.with(of: snapshot.name, run: nil, at: SystemClock().now(), leases: pool.leases) { device in
          try pool.write("x", to: device)
        }
        #expect(try await SnapshotRemoval(tools: pool.tools, sleep: RealPool.sleep).remove(snapshot.name))
      }
      #expect(try await pool.inventory().volumes.count == names.count)
    }
  }

  @Test func leavesTheSnapshotAsItIsWhenAThrowawayOneIsWritten() async throws {
    try await RealPool.with(volumes: ["a"]) { pool in
      let origin = try pool.name("a")
      try pool.write("first", to: origin.devicePath)
      let snapshot = try #require(try await pool.take(["a"]).snapshots.first)
      let throwaway = ThrowawaySnapshot(tools: pool.tools, sleep: RealPool.sleep)
      try await throwaway.with(of: snapshot.name, run: nil, at: SystemClock().now(), leases: pool.leases) { device in
        try pool.write("other", to: device)
        #expect(try await pool.inventory().snapshots.count == 1)
      }
      #expect(try await pool.read(snapshot, 5) == Array("first".utf8))
      #expect(try await pool.inventory().volumes.count == 2)
    }
  }

  @Test func saysBusyWhenASnapshotStaysOpenAndRemovesItAfterwards() async throws {
    try await RealPool.with(volumes: ["a"]) { pool in
      let snapshot = try #require(try await pool.take(["a"]).snapshots.first)
      let activation = SnapshotActivation(tools: pool.tools, sleep: { _ in })
      let device = try await activation.activate(snapshot.name)
      let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: device))
      let error = await #expect(throws: VolumeError.self) { try await activation.deactivate(snapshot.name) }
      #expect(error?.code == .busy)
      try handle.close()
      #expect(
        try await LeftoverRemoval(tools: pool.tools, sleep: { _ in }).remove(.activation(snapshot.name)) == .removed)
      #expect(
        try await LeftoverRemoval(tools: pool.tools, sleep: { _ in }).remove(.activation(snapshot.name)) == .absent)
    }
  }

  @Test func resumesVolumesThatADeadProcessLeftSuspended() async throws {
    try await RealPool.with { pool in
      let names = [try pool.name("vm-1.a"), try pool.name("vm-1-b")]
      try await VolumeSuspension(tools: pool.tools, sleep: RealPool.sleep).suspend(names, timeLimit: .seconds(60))
      #expect(try await pool.inventory().volumes.count { $0.isSuspended } == 2)
      let leftovers = LeftoverRemoval(tools: pool.tools, sleep: RealPool.sleep)
      #expect(try await leftovers.remove(.suspension(names)) == .removed)
      #expect(try await leftovers.remove(.suspension(names)) == .absent)
      try pool.write("x", to: names[0].devicePath)
    }
  }

  @Test func holdsAnApplicationStillWithRealCommands() async throws {
    try await RealPool.with(volumes: ["a"]) { pool in
      let mark = FileManager.default.temporaryDirectory.appending(path: "\(pool.group)-frozen").path
      let hooks = FreezeHooks(freeze: ["touch", mark], thaw: ["rm", mark], timeLimit: .seconds(60))
      let taken = try await pool.take(["a"], hooks: hooks)
      #expect(taken.snapshots.count == 1 && taken.warnings.isEmpty)
      #expect(!FileManager.default.fileExists(atPath: mark))
    }
  }
}
