import BackupModel
import HostSystem
import Testing

@testable import VolumeSnapshots

@Suite struct SnapshotTakingTests {
  let leases = TestLeases()
  let sleep = TestSleep()

  private func name(_ volume: String) throws -> VolumeName { try #require(VolumeName(group: "pve", volume: volume)) }

  private func take(
    _ volumes: [String], _ pool: FakePool, limits: PoolLimits = PoolLimits(), clock: TestClock = TestClock(),
    room: @escaping SnapshotTaking.PlanningRoom = { inventory in
      SnapshotRetentionPlan(of: inventory.snapshots, now: Timestamp(seconds: 1_795_370_400)) { _ in [:] }
    }
  ) async throws -> TakenSnapshots {
    let taking = SnapshotTaking(tools: pool, leases: leases, clock: clock, sleep: sleep.sleep)
    let request = SnapshotRequest(try volumes.map { try name($0) }, run: "r1", schedule: "weekly", limits: limits)
    return try await taking.take(request, room: room)
  }

  @Test func takesAReadOnlyInactiveSnapshotWithItsTagsInOneCommand() async throws {
    let pool = FakePool()
    let taken = try await take(["a"], pool)
    let snapshot = try #require(taken.snapshots.first)
    #expect(snapshot.name.volume == "a_snap_20261122_1800")
    #expect(snapshot.tags == SnapshotTags(run: "r1", schedule: "weekly", origin: "a", created: TestClock().now()))
    #expect(snapshot.isGood && !snapshot.volume.isActive && snapshot.volume.skipsActivation)
    #expect(pool.changes.map(\.[0]) == ["lvcreate"])
    #expect(taken.removed.isEmpty && taken.warnings.isEmpty && leases.ever.isEmpty)
  }

  @Test func countsOnWhenASnapshotOfTheSameMinuteIsThere() async throws {
    let pool = FakePool()
    _ = try await take(["a"], pool)
    #expect(try await take(["a"], pool).snapshots.map(\.name.volume) == ["a_snap_20261122_1800_2"])
  }

  @Test func refusesAVolumeThatIsNotThere() async throws {
    let error = await #expect(throws: VolumeError.self) { try await take(["a", "gone"], FakePool()) }
    #expect(error?.code == .notFound)
    #expect(error?.message.hasPrefix("cannot find the volume pve/gone") == true)
  }

  @Test func saysThatTheVolumeIsGoneWhenItVanishedAfterTheListing() async throws {
    let pool = FakePool()
    pool.before("lvcreate") { $0.volumes["a"] = nil }
    let error = await #expect(throws: VolumeError.self) { try await take(["a"], pool) }
    #expect(error?.code == .notFound)
  }

  @Test(arguments: [("metadata_read_only", ""), ("failed", ""), ("", "check needed"), ("partial", "")])
  func changesNothingInAPoolThatIsNotHealthy(health: String, check: String) async throws {
    let pool = FakePool()
    pool.change { ($0.health, $0.check) = (health, check) }
    let error = await #expect(throws: VolumeError.self) { try await take(["a"], pool) }
    #expect(error?.code == .poolUnhealthy)
    #expect(error?.hint != nil)
    #expect(pool.changes.isEmpty)
  }

  @Test func changesNothingInAPoolThatIsNotActive() async throws {
    let pool = FakePool()
    pool.change { $0.isActive = false }
    let error = await #expect(throws: VolumeError.self) { try await take(["a"], pool) }
    #expect(error?.hint == "run `lvchange -ay pve/data`")
    #expect(pool.changes.isEmpty)
  }

  /// Two old snapshots and a base; the pool is too full until `oldest` is gone.
  private func fullPool() async throws -> FakePool {
    let pool = FakePool()
    for (name, time) in [("oldest", 100), ("older", 200), ("base", 300), ("foreign", 50)] {
      pool.change { state in
        _ = state.add(name, origin: "a")
        state.volumes[name]?.tags =
          name == "foreign" ? [] : ["backupctl", "backupctl.created=\(time)", "backupctl.origin=a"]
        state.volumes[name]?.isReadOnly = true
        state.volumes[name]?.isActive = false
      }
    }
    pool.change { state in
      state.volumes["base"]?.tags.insert(SnapshotTags.base)
      state.dataLevel = "95.00"
    }
    return pool
  }

  @Test func removesTheOldestSnapshotsThatMayGoOnlyUntilThereIsRoom() async throws {
    let pool = try await fullPool()
    pool.before("lvremove") { $0.dataLevel = "80.00" }
    let taken = try await take(["a"], pool)
    #expect(taken.removed.map(\.name.volume) == ["oldest"])
    #expect(pool.names == ["a", "a_snap_20261122_1800", "b", "base", "foreign", "older"])
  }

  @Test func refusesAndSaysWhatItTriedWhenRemovingIsNotEnough() async throws {
    let pool = try await fullPool()
    let error = await #expect(throws: VolumeError.self) { try await take(["a"], pool) }
    #expect(error?.code == .noSpace)
    #expect(
      error?.message
        == "cannot take a snapshot of pve/a: the pool pve/data is too full: its data are 95.00% full, 90.00% is the limit"
    )
    #expect(error?.cause == "removing 2 snapshots of ours was not enough")
    #expect(pool.names == ["a", "b", "base", "foreign"])
  }

  @Test func looksAtMetadataToo() async throws {
    let pool = FakePool()
    pool.change { $0.metadataLevel = "80.00" }
    let error = await #expect(throws: VolumeError.self) { try await take(["a"], pool) }
    #expect(error?.code == .noSpace)
    #expect(error?.message.hasSuffix("its metadata are 80.00% full, 80.00% is the limit") == true)
    #expect(error?.cause == "no snapshot of ours could be removed to make room")
  }

  @Test func warnsOfASnapshotThatCouldNotBeRemoved() async throws {
    let pool = try await fullPool()
    let uuids = ["oldest", "older"].map { pool.volume($0)?.uuid ?? "" }
    pool.fail(uuids[0], times: 100)
    pool.before(uuids[1]) { $0.dataLevel = "80.00" }
    let taken = try await take(["a"], pool)
    #expect(taken.removed.map(\.name.volume) == ["older"])
    #expect(taken.warnings.map(\.message) == ["cannot remove the snapshot pve/oldest: lvremove ended with code 5"])
  }

  @Test func givesSeveralVolumesOneInstant() async throws {
    let pool = FakePool()
    let taken = try await take(["a", "b"], pool)
    #expect(taken.snapshots.map(\.tags.origin) == ["a", "b"])
    let contents = taken.snapshots.map { pool.content(of: $0.name.volume) }
    #expect(contents[0] == contents[1] && contents[0] != nil)
    #expect(!taken.snapshots.contains { !$0.isGood })
    let both = [try name("a"), try name("b")]
    #expect(leases.ever == [.suspension(both)] && leases.now.isEmpty)
    #expect(pool.volume("a")?.isSuspended == false && pool.volume("b")?.isSuspended == false)
  }

  @Test func theWriterOfTheFakeIsSeenBetweenTwoSnapshotsThatDoNotShareAnInstant() async throws {
    let pool = FakePool()
    let first = try await take(["a"], pool).snapshots[0].name.volume
    let second = try await take(["b"], pool).snapshots[0].name.volume
    #expect(pool.content(of: first) != pool.content(of: second))
  }

  @Test func suspendsOnlyVolumesThatAreActive() async throws {
    let pool = FakePool()
    pool.change { $0.volumes["b"]?.isActive = false }
    _ = try await take(["a", "b"], pool)
    let active = try name("a")
    #expect(leases.ever == [.suspension([active])])
  }

  @Test(arguments: [
    "lvcreate --yes --snapshot --setactivationskip y --permission r --addtag backupctl", "suspend pve",
    "delete", "create_snap", "lvchange --deltag", "table pve-b",
  ])
  func leavesNothingBehindWhenAStepFails(step: String) async throws {
    let pool = FakePool()
    pool.fail(step)
    await #expect(throws: VolumeError.self) { try await take(["a", "b"], pool) }
    #expect(pool.names == ["a", "b"])
    #expect(pool.volume("a")?.isSuspended == false && pool.volume("b")?.isSuspended == false)
    #expect(leases.now.isEmpty)
  }

  @Test func resumesAgainWhenResumingFails() async throws {
    let pool = FakePool()
    pool.fail("dmsetup resume", times: 2)
    #expect(try await take(["a", "b"], pool).snapshots.count == 2)
    #expect(pool.volume("b")?.isSuspended == false && sleep.waits.count == 2)
  }

  @Test func keepsTheLeaseAndSaysHowToResumeWhenResumingFailsForGood() async throws {
    let pool = FakePool()
    pool.fail("dmsetup resume", times: 100)
    let error = await #expect(throws: VolumeError.self) { try await take(["a", "b"], pool) }
    #expect(error?.hint?.hasPrefix("run `dmsetup resume pve-a pve-b`") == true)
    #expect(leases.now.count == 1)
  }

  @Test func resumesAndRefusesWhenVolumesWouldBeSuspendedForTooLong() async throws {
    let pool = FakePool()
    let error = await #expect(throws: VolumeError.self) {
      try await take(["a", "b"], pool, clock: TestClock(step: .seconds(4)))
    }
    #expect(error?.code == .busy)
    #expect(pool.names == ["a", "b"] && pool.volume("a")?.isSuspended == false)
  }

  @Test func refusesWhenAnotherProgramChangedTheGroupMeanwhile() async throws {
    let pool = FakePool()
    pool.before("create_snap") { $0.sequence += 1 }
    let error = await #expect(throws: VolumeError.self) { try await take(["a", "b"], pool) }
    #expect(error?.code == .busy)
    #expect(pool.names == ["a", "b"])
  }

  @Test func refusesWhenADeviceIsNotWhatLVMLists() async throws {
    let pool = FakePool()
    pool.before("dmsetup table pve-a") { $0.volumes["a"]?.thinID = 77 }
    let error = await #expect(throws: VolumeError.self) { try await take(["a", "b"], pool) }
    #expect(error?.code == .refused)
    #expect(!pool.changes.contains { $0.contains("message") })
  }

  @Test func resumesAndRemovesWhenTheTaskIsCancelledWhileVolumesAreSuspended() async throws {
    let pool = FakePool()
    let task = Task { try await take(["a", "b"], pool) }
    pool.before("create_snap") { _ in task.cancel() }
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(pool.names == ["a", "b"])
    #expect(pool.volume("a")?.isSuspended == false && pool.volume("b")?.isSuspended == false)
    #expect(leases.now.isEmpty)
  }
}
