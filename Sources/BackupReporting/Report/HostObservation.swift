public import BackupModel

/// All that a report on a host is derived from; an adapter fills it from configuration, catalog and repository.
public struct HostObservation: Hashable, Sendable {
  /// The time of the observation.
  public var now: Timestamp
  /// The host's name.
  public var host: String
  /// The version of the program.
  public var version: String
  /// The sources that are declared, in any order.
  public var sources: [SourceObservation]
  /// The schedules that are declared, in any order.
  public var schedules: [ScheduleObservation]
  /// The pause, if there is one.
  public var pause: PauseObservation?
  /// The repository's disk; nil if it isn't mounted.
  public var repository: RepositoryObservation?
  /// What exists, isn't protected and isn't excluded with a reason.
  public var uncovered: [String]
  /// How many things are excluded with a reason.
  public var excludedCount: Int
  /// What couldn't be looked at, so that it isn't known whether it is protected: sentences without a full stop.
  public var unseen: [String]

  /// Makes an observation.
  public init(
    now: Timestamp, host: String, version: String, sources: [SourceObservation] = [],
    schedules: [ScheduleObservation] = [], pause: PauseObservation? = nil, repository: RepositoryObservation? = nil,
    uncovered: [String] = [], excludedCount: Int = 0, unseen: [String] = []
  ) {
    self.now = now
    self.host = host
    self.version = version
    self.sources = sources
    self.schedules = schedules
    self.pause = pause
    self.repository = repository
    self.uncovered = uncovered
    self.excludedCount = excludedCount
    self.unseen = unseen
  }
}
