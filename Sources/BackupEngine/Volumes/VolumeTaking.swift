import BackupModel
public import BackupPolicy
public import VolumeSnapshots

/// Takes snapshots of volumes and applies retention to those that are there.
public struct VolumeTaking: Sendable {
  private let host: VolumeHost

  /// Takes on a host.
  public init(host: VolumeHost) { self.host = host }

  /// Takes a snapshot of each volume; several share one instant.
  ///
  /// - Parameters:
  ///   - purpose: what they are for, which decides what becomes of them later.
  ///   - areBases: whether they are bases of the next differences from the beginning.
  ///   - keep: which older ones may go if a pool is too full; without rules, those that nothing needs.
  /// - Throws: `VolumeError`, as `SnapshotTaking`.
  public func take(
    _ volumes: [VolumeName], hooks: FreezeHooks?, purpose: SnapshotTags.Purpose, areBases: Bool = false,
    keep: KeepRules?
  ) async throws -> TakenSnapshots {
    var request = SnapshotRequest(
      volumes, run: host.run, schedule: host.schedule, limits: host.thresholds, hooks: hooks)
    request.purpose = purpose
    request.areBases = areBases
    let host = host
    return try await SnapshotTaking(tools: host.tools, leases: host.leases, clock: host.clock, sleep: host.sleep)
      .take(request) { inventory in plan(inventory.snapshots, keep: keep) }
  }

  /// Removes the older snapshots of a volume that neither a rule nor a floor keeps.
  ///
  /// - Returns: what became of each that was to go.
  /// - Throws: `VolumeError` if the volumes can't be listed; `CancellationError`.
  public func retain(_ volume: VolumeName, keep: KeepRules) async throws -> [SnapshotRemoval.Outcome] {
    let plan = plan(try await host.inventory().snapshots(of: volume), keep: keep)
    return try await SnapshotRemoval(tools: host.tools, sleep: host.sleep).execute(plan)
  }

  /// Which snapshots stay and which go.
  ///
  /// Only snapshots of this schedule are judged: those of another one are kept by the rules of the job that made them. One that
  /// was made for an archive goes when it is no base any more.
  /// - Parameter keep: the rules; without any, all of the series are kept.
  public func plan(_ snapshots: [VolumeSnapshot], keep: KeepRules?) -> SnapshotRetentionPlan {
    let now = host.clock.now()
    return SnapshotRetentionPlan(of: snapshots, now: now) { counting in
      let series = counting.filter { $0.tags.purpose == .series }
      let judged = keep == nil ? [] : series.filter { $0.tags.schedule == host.schedule }
      var reasons: [VolumeName: [String]] = [:]
      for snapshot in series where !judged.contains(snapshot) {
        reasons[snapshot.name] = [
          "kept by " + (snapshot.tags.schedule.map { "the schedule \($0)" } ?? "whoever made it")
        ]
      }
      guard let keep else { return reasons }
      let items = judged.compactMap { snapshot in
        snapshot.created.map { RetentionPlan.Item(snapshot.name, at: $0) }
      }
      for decision in RetentionPlan(keep, of: items, now: now, calendar: .utc).decisions where decision.isKept {
        reasons[decision.item.id] = decision.reasons.map(\.description)
      }
      return reasons
    }
  }
}
