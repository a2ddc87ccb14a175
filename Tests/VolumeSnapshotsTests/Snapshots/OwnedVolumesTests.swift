import BackupModel
import HostSystem
import Testing

@testable import VolumeSnapshots

@Suite struct OwnedVolumesTests {
  let pool = FakePool()
  let leases = TestLeases()
  let sleep = TestSleep()

  init() {
    pool.change { state in
      for (name, tags) in [("ours", ["backupctl"]), ("base", ["backupctl", "backupctl.base"]), ("foreign", ["mine"])] {
        _ = state.add(name, origin: "a")
        state.volumes[name]?.tags = Set(tags)
        state.volumes[name]?.isReadOnly = true
        state.volumes[name]?.skipsActivation = true
        state.volumes[name]?.isActive = false
      }
    }
  }

  private func name(_ volume: String) throws -> VolumeName { try #require(VolumeName(group: "pve", volume: volume)) }
  private func snapshot(_ volume: String) async throws -> VolumeSnapshot {
    try #require(VolumeSnapshot(try await InventoryReader(tools: pool).read().volume(try name(volume))))
  }
  private var activation: SnapshotActivation { SnapshotActivation(tools: pool, sleep: sleep.sleep) }
  private var removal: SnapshotRemoval { SnapshotRemoval(tools: pool, sleep: sleep.sleep) }
  private var throwaway: ThrowawaySnapshot { ThrowawaySnapshot(tools: pool, sleep: sleep.sleep) }
  private var leftovers: LeftoverRemoval { LeftoverRemoval(tools: pool, sleep: sleep.sleep) }

  @Test func isActiveOnlyWhileItIsUsedUnderALease() async throws {
    let ours = try name("ours")
    let device = try await activation.with(try await snapshot("ours"), leases: leases) { [pool, leases] device in
      #expect(pool.volume("ours")?.isActive == true)
      #expect(leases.now == [.activation(ours)])
      return device
    }
    #expect(device == "/dev/mapper/pve-ours")
    #expect(pool.volume("ours")?.isActive == false && leases.now.isEmpty)
  }

  @Test func looksAtTheKernelAloneWhileASnapshotIsActivatedAndDeactivated() async throws {
    let ours = try await snapshot("ours")
    pool.change { $0.calls = [] }
    try await activation.with(ours, leases: leases) { _ in }
    let programs = pool.state.withLock { $0.calls.map { $0[0] } }
    #expect(programs == ["lvchange", "dmsetup", "lvchange", "dmsetup"])
  }

  @Test func deactivatesWhenTheUseFails() async throws {
    struct Failed: Error {}
    await #expect(throws: Failed.self) {
      try await activation.with(try await snapshot("ours"), leases: leases) { _ in throw Failed() }
    }
    #expect(pool.volume("ours")?.isActive == false && leases.now.isEmpty)
  }

  @Test func refusesEveryChangeOfAVolumeWithoutOurTag() async throws {
    let foreign = try name("foreign")
    let changes: [() async throws -> Void] = [
      { _ = try await activation.activate(foreign) }, { try await activation.deactivate(foreign) },
      { try await removal.remove(foreign, allowRemovingBases: true) }, { try await removal.setBase(foreign, true) },
      { try await throwaway.remove(foreign) },
      { _ = try await throwaway.create(try name("x"), of: foreign, run: nil, at: TestClock().now()) },
    ]
    for change in changes {
      let error = await #expect(throws: VolumeError.self) { try await change() }
      #expect(error?.code == .refused && error?.message.contains("is not ours") == true)
    }
    #expect(pool.changes.isEmpty)
  }

  @Test func leavesAVolumeAloneThatLostItsTagAfterTheLook() async throws {
    pool.before("lvremove") { $0.volumes["ours"]?.tags = [] }
    let error = await #expect(throws: VolumeError.self) { try await removal.remove(try name("ours")) }
    #expect(error?.code == .refused)
    #expect(pool.names.contains("ours"))
  }

  @Test func leavesAVolumeAloneThatTookTheNameAfterTheLook() async throws {
    pool.before("lvremove") { $0.volumes["ours"]?.uuid = "another" }
    #expect(try await removal.remove(try name("ours")))
    #expect(pool.names.contains("ours"))
  }

  @Test func doesNothingWhenTheSnapshotIsGone() async throws {
    let gone = try name("gone")
    #expect(try await removal.remove(gone) == false)
    try await activation.deactivate(gone)
    try await throwaway.remove(gone)
    #expect(pool.changes.isEmpty)
  }

  @Test func saysThatItVanishedWhenItIsToBeUsed() async throws {
    let error = await #expect(throws: VolumeError.self) { try await activation.activate(try name("gone")) }
    #expect(error?.code == .notFound)
    pool.before("lvchange") { $0.volumes["ours"] = nil }
    let second = await #expect(throws: VolumeError.self) { try await activation.activate(try name("ours")) }
    #expect(second?.code == .notFound)
    pool.before("--deltag") { $0.volumes["base"] = nil }
    let third = await #expect(throws: VolumeError.self) { try await removal.setBase(try name("base"), false) }
    #expect(third?.code == .notFound)
  }

  @Test func triesAgainWhileItIsBusyForAMoment() async throws {
    pool.change { $0.volumes["ours"]?.isOpen = true }
    for _ in 0..<3 { pool.before("lvremove") { _ in } }
    pool.before("lvremove") { $0.volumes["ours"]?.isOpen = false }
    #expect(try await removal.remove(try name("ours")))
    #expect(sleep.waits == [.milliseconds(250), .milliseconds(500), .seconds(1)])
  }

  @Test func givesUpAndSaysWhoToAskWhenItStaysBusy() async throws {
    pool.change { state in
      state.volumes["ours"]?.isOpen = true
      state.volumes["ours"]?.isActive = true
    }
    for change in [
      { try await removal.remove(try name("ours")) },
      {
        try await activation.deactivate(try name("ours")); return true
      },
    ] {
      let error = await #expect(throws: VolumeError.self) { try await change() }
      #expect(error?.code == .busy && error?.hint?.contains("fuser -v /dev/mapper/pve-ours") == true)
    }
    #expect(sleep.waits.count == 2 * (OwnedVolumes.attempts - 1))
  }

  @Test func doesNotTryForLongWhenItFailsForAnotherReason() async throws {
    pool.fail("lvremove", times: 100)
    let error = await #expect(throws: VolumeError.self) { try await removal.remove(try name("ours")) }
    #expect(error?.code == .toolFailed && error?.cause == "lvremove does not want to")
    #expect(sleep.waits.count == 2)
  }

  @Test func keepsABaseUnlessRemovingBasesIsAllowed() async throws {
    let error = await #expect(throws: VolumeError.self) { try await removal.remove(try name("base")) }
    #expect(error?.code == .refused && error?.hint?.contains("--allow-removing-bases pve/base") == true)
    #expect(try await removal.remove(try name("base"), allowRemovingBases: true))
    #expect(!pool.names.contains("base"))
  }

  @Test func removesNothingFromAPoolThatCannotBeChanged() async throws {
    pool.change { $0.health = "metadata_read_only" }
    let error = await #expect(throws: VolumeError.self) { try await removal.remove(try name("ours")) }
    #expect(error?.code == .poolUnhealthy)
    #expect(pool.changes.isEmpty)
  }

  @Test func marksABaseAndUnmarksItAgain() async throws {
    try await removal.setBase(try name("ours"), true)
    #expect(pool.volume("ours")?.tags == ["backupctl", "backupctl.base"])
    try await removal.setBase(try name("ours"), true)
    try await removal.setBase(try name("ours"), false)
    #expect(pool.volume("ours")?.tags == ["backupctl"])
    #expect(pool.changes.count == 2)
  }

  @Test func usesAWritableThrowawaySnapshotThatIsGoneAfterwards() async throws {
    let ours = try name("ours")
    try await throwaway.with(of: ours, run: "r", at: TestClock().now(), leases: leases) { [pool, leases] device in
      #expect(device == "/dev/mapper/pve-ours_read")
      let volume = try #require(pool.volume("ours_read"))
      #expect(volume.isActive && !volume.isReadOnly && volume.tags.contains("backupctl.throwaway"))
      #expect(leases.now == [.snapshot(try #require(VolumeName(parsing: "pve/ours_read")))])
      let inventory = try await InventoryReader(tools: pool).read()
      #expect(inventory.snapshots.map(\.name.volume) == ["base", "ours"])
    }
    #expect(!pool.names.contains("ours_read") && leases.now.isEmpty)
  }

  @Test func doesNotTakeAnOrdinarySnapshotForAThrowawayOne() async throws {
    let error = await #expect(throws: VolumeError.self) { try await throwaway.remove(try name("ours")) }
    #expect(error?.code == .refused)
    #expect(try await leftovers.remove(.snapshot(try name("ours"))) == .notOurs)
    #expect(pool.changes.isEmpty)
  }

  @Test func removesLeftoversOnceAndOnlyOurs() async throws {
    _ = try await throwaway.create(try name("t"), of: try name("ours"), run: nil, at: TestClock().now())
    _ = try await activation.activate(try name("ours"))
    pool.change { state in
      for name in ["a", "b"] { state.volumes[name]?.isSuspended = true }
      state.volumes["foreign"]?.isActive = true
    }
    let things: [VolumeThing] = [
      .snapshot(try name("t")), .activation(try name("ours")), .suspension([try name("a"), try name("gone")]),
    ]
    for thing in things {
      #expect(try await leftovers.remove(thing) == .removed)
      #expect(try await leftovers.remove(thing) == .absent)
    }
    #expect(pool.volume("b")?.isSuspended == true)
    #expect(try await leftovers.remove(.activation(try name("foreign"))) == .notOurs)
    #expect(try await leftovers.remove(.snapshot(try name("foreign"))) == .notOurs)
    #expect(pool.volume("foreign")?.isActive == true)
    #expect(try await leftovers.remove(.mapping(name: "x", device: "y")) == .otherKind)
  }
}
