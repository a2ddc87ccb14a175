import BackupModel
import Testing

@testable import VolumeSnapshots

@Suite struct SnapshotRetentionPlanTests {
  private let now = Timestamp(seconds: 100_000)

  /// Snapshots as name, origin and time of each; `!` before a name makes it writable, so not good.
  private func snapshots(_ given: [(name: String, origin: String, time: Int64?, tags: [String])]) async throws
    -> [VolumeSnapshot]
  {
    let pool = FakePool(volumes: ["a", "b"])
    pool.change { state in
      for (name, origin, time, tags) in given {
        let bare = name.hasPrefix("!") ? String(name.dropFirst()) : name
        _ = state.add(bare, origin: origin)
        state.volumes[bare]?.isReadOnly = !name.hasPrefix("!")
        state.volumes[bare]?.tags = Set(["backupctl", "backupctl.origin=\(origin)"] + tags)
        if let time { state.volumes[bare]?.tags.insert("backupctl.created=\(time)") }
      }
    }
    return try await InventoryReader(tools: pool).read().snapshots
  }

  private func reasons(_ plan: SnapshotRetentionPlan) -> [String: [SnapshotRetentionPlan.Reason]] {
    Dictionary(uniqueKeysWithValues: plan.decisions.map { ($0.snapshot.name.volume, $0.reasons) })
  }

  @Test func keepsTheNewestGoodOneOfEachVolumeWhenNoRuleKeepsAny() async throws {
    let all = try await snapshots([("a1", "a", 1, []), ("a2", "a", 2, []), ("b1", "b", 1, [])])
    let plan = SnapshotRetentionPlan(of: all, now: now) { _ in [:] }
    #expect(reasons(plan) == ["a1": [], "a2": [.newestGood], "b1": [.newestGood]])
    #expect(plan.dropped.map(\.name.volume) == ["a1"] && plan.kept.count == 2)
  }

  @Test func listsTheReasonsOfTheRules() async throws {
    let all = try await snapshots([("a1", "a", 1, []), ("a2", "a", 2, []), ("a3", "a", 3, [])])
    let plan = SnapshotRetentionPlan(of: all, now: now) { volume in
      #expect(volume.map(\.name.volume) == ["a3", "a2", "a1"])
      return [volume[2].name: ["last 3", "daily"]]
    }
    #expect(reasons(plan) == ["a1": [.rule("last 3"), .rule("daily")], "a2": [], "a3": [.newestGood]])
    #expect(plan.decisions[2].reasons.map(\.description) == ["last 3", "daily"])
  }

  @Test func keepsBasesByTagAndByUUID() async throws {
    let all = try await snapshots([("a1", "a", 1, [SnapshotTags.base]), ("a2", "a", 2, []), ("a3", "a", 3, [])])
    let second = try #require(all.first { $0.name.volume == "a2" }).volume.uuid
    let plan = SnapshotRetentionPlan(of: all, bases: [second], now: now) { _ in [:] }
    #expect(reasons(plan) == ["a1": [.base], "a2": [.base], "a3": [.newestGood]])
  }

  @Test func letsSnapshotsOfTheFutureCountForNothing() async throws {
    let all = try await snapshots([("a1", "a", 1, []), ("a2", "a", 2, []), ("later", "a", 100_001, [])])
    let plan = SnapshotRetentionPlan(of: all, now: now) { volume in
      Dictionary(uniqueKeysWithValues: volume.prefix(1).map { ($0.name, ["last 1"]) })
    }
    #expect(reasons(plan) == ["a1": [], "a2": [.newestGood, .rule("last 1")], "later": [.futureDated]])
  }

  @Test func doesNotTakeAWritableSnapshotForTheNewestGoodOne() async throws {
    let all = try await snapshots([("a1", "a", 1, []), ("!a2", "a", 2, [])])
    let plan = SnapshotRetentionPlan(of: all, now: now) { _ in [:] }
    #expect(reasons(plan) == ["a1": [.newestGood], "a2": []])
  }

  @Test(arguments: [(Int64(97_000), true), (96_000, false)])
  func keepsAnUnfinishedSnapshotOnlyWhileItMayStillBeInTheMaking(time: Int64, isKept: Bool) async throws {
    let all = try await snapshots([("a1", "a", 1, []), ("u", "a", time, [SnapshotTags.unfinished])])
    let plan = SnapshotRetentionPlan(of: all, now: now) { volume in
      #expect(volume.map(\.name.volume) == ["a1"])
      return [:]
    }
    #expect(reasons(plan) == ["a1": [.newestGood], "u": isKept ? [.inTheMaking] : []])
  }

  @Test func keepsASnapshotOfUnknownAge() async throws {
    var unknown = try #require(try await snapshots([("a1", "a", nil, [])]).first)
    var volume = unknown.volume
    volume.created = nil
    unknown = try #require(VolumeSnapshot(volume))
    let plan = SnapshotRetentionPlan(of: [unknown], now: now) { _ in
      Issue.record("nothing counts")
      return [:]
    }
    #expect(reasons(plan) == ["a1": [.ageUnknown]])
  }

  @Test func keepsTheLastSnapshotOfAVolumeThatWasMadeAnewUnderItsName() async throws {
    var old = try #require(try await snapshots([("a1", "a", 1, [])]).first?.volume)
    old.originUUID = nil
    let new = try await snapshots([("a0", "b", 1, []), ("a2", "a", 2, [])])
    let plan = SnapshotRetentionPlan(of: new + [try #require(VolumeSnapshot(old))], now: now) { _ in [:] }
    #expect(plan.dropped.isEmpty)
  }

  @Test func dropsTheOldestFirst() async throws {
    let all = try await snapshots([("z", "a", 1, []), ("y", "b", 2, []), ("x", "a", 3, []), ("w", "b", 4, [])])
    let plan = SnapshotRetentionPlan(of: all, now: now) { _ in [:] }
    #expect(plan.dropped.map(\.name.volume) == ["z", "y"])
  }

  @Test func doesNotRemoveWhatBecameABaseAfterThePlanWasMade() async throws {
    let pool = FakePool()
    pool.change { state in
      for (name, time) in [("s1", 1), ("s2", 2), ("s3", 3)] {
        _ = state.add(name, origin: "a")
        state.volumes[name]?.isReadOnly = true
        state.volumes[name]?.tags = ["backupctl", "backupctl.origin=a", "backupctl.created=\(time)"]
      }
    }
    let plan = SnapshotRetentionPlan(of: try await InventoryReader(tools: pool).read().snapshots, now: now) { _ in [:] }
    pool.change { _ = $0.volumes["s1"]?.tags.insert(SnapshotTags.base) }
    let removal = SnapshotRemoval(tools: pool, sleep: TestSleep().sleep)
    let outcomes = try await removal.execute(plan)
    #expect(outcomes.map(\.snapshot.name.volume) == ["s1", "s2"])
    #expect((outcomes[0].failure as? VolumeError)?.code == .refused && outcomes[1].failure == nil)
    #expect(pool.names == ["a", "b", "s1", "s3"])
  }
}
