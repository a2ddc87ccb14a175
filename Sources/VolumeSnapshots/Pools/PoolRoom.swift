/// Sees to it that a pool can take a snapshot: removes snapshots of ours that may go, and otherwise refuses.
struct PoolRoom: Sendable {
  /// What was done.
  struct Made: Sendable {
    var removed: [VolumeSnapshot] = []
    var warnings: [VolumeError] = []

    mutating func add(_ other: Made) {
      removed += other.removed
      warnings += other.warnings
    }
  }

  let tools: any ToolRunning
  let sleep: @Sendable (Duration) async throws -> Void

  /// Examines the pool of a volume, and makes room in it if it is too full.
  ///
  /// - Parameter plan: which snapshots may go; only asked if there is need.
  /// - Throws: ``VolumeError`` `noSpace`, `poolUnhealthy`; what removing throws.
  func check(
    _ volume: ThinVolume, in inventory: VolumeInventory, limits: PoolLimits, plan: SnapshotTaking.PlanningRoom
  ) async throws -> Made {
    let pool = try inventory.pool(volume.pool)
    var made = Made()
    guard case .tooFull = PoolVerdict(pool, limits: limits) else {
      if let refusal = PoolVerdict(pool, limits: limits).refusal(of: volume.name, in: pool, limits: limits, removed: 0)
      {
        throw refusal
      }
      return made
    }
    let removal = SnapshotRemoval(tools: tools, sleep: sleep)
    let reader = InventoryReader(tools: tools)
    let droppable = try await plan(inventory).only(inPool: volume.pool)
    for outcome in try await removal.execute(
      droppable,
      until: {
        let now = try await reader.read().pool(volume.pool)
        if case .tooFull = PoolVerdict(now, limits: limits) { return false }
        return true
      })
    {
      switch outcome.failure {
      case nil: made.removed.append(outcome.snapshot)
      case let failure as VolumeError: made.warnings.append(failure)
      case let failure?:
        made.warnings.append(
          VolumeError(.toolFailed, "cannot remove the snapshot \(outcome.snapshot.name)", cause: "\(failure)"))
      }
    }
    let now = try await reader.read().pool(volume.pool)
    let verdict = PoolVerdict(now, limits: limits)
    if let refusal = verdict.refusal(of: volume.name, in: now, limits: limits, removed: made.removed.count) {
      throw refusal
    }
    return made
  }
}
