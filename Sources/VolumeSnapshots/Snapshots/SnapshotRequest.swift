/// What is to be snapshotted.
public struct SnapshotRequest: Hashable, Sendable {
  /// The volumes; several of them share one instant.
  public var origins: [VolumeName]
  /// The run that asks.
  public var run: String?
  /// The schedule of that run.
  public var schedule: String?
  /// What the snapshots are made for.
  public var purpose = SnapshotTags.Purpose.series
  /// Whether they are bases from the beginning, so that there is no moment in which retention might remove one.
  public var areBases = false
  /// How full the pools may be.
  public var limits: PoolLimits
  /// Commands that hold the application still meanwhile.
  public var hooks: FreezeHooks?
  /// How long several volumes may be suspended.
  public var suspensionLimit: Duration

  /// Describes what is to be snapshotted.
  public init(
    _ origins: [VolumeName], run: String? = nil, schedule: String? = nil, limits: PoolLimits = PoolLimits(),
    hooks: FreezeHooks? = nil, suspensionLimit: Duration = .seconds(10)
  ) {
    self.origins = origins
    self.run = run
    self.schedule = schedule
    self.limits = limits
    self.hooks = hooks
    self.suspensionLimit = suspensionLimit
  }
}

/// What came of a request.
public struct TakenSnapshots: Hashable, Sendable {
  /// The snapshots, in the order of the request.
  public let snapshots: [VolumeSnapshot]
  /// What there was right after they were made.
  public let inventory: VolumeInventory
  /// Our older snapshots that were removed to make room.
  public let removed: [VolumeSnapshot]
  /// What went wrong although the snapshots are good: an application that may still be frozen, an old snapshot that couldn't
  /// be removed.
  public let warnings: [VolumeError]
}
