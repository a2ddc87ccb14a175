public import BackupModel

/// What everyone who watches a host is told: `status`, its JSON and exit status, metrics and notifications all read this
/// value and conclude nothing themselves.
public struct HostReport: Hashable, Sendable {
  /// The time of the report.
  public let now: Timestamp
  /// The host's name.
  public let host: String
  /// The version of the program.
  public let version: String
  /// The sources, sorted by id.
  public let sources: [SourceReport]
  /// The schedules, sorted by name.
  public let schedules: [ScheduleReport]
  /// The pause, if one is in effect.
  public let pause: PauseObservation?
  /// The repository's disk; nil if it isn't there.
  public let repository: RepositoryReport?
  /// What exists, isn't protected and isn't excluded with a reason, sorted.
  public let uncovered: [String]
  /// How many things are excluded with a reason.
  public let excludedCount: Int
  /// What couldn't be looked at, so that it isn't known whether it is protected, sorted, each once.
  public let unseen: [String]
  /// What isn't as it should be, the worst first.
  public let concerns: [Concern]

  /// How bad the worst concern is.
  public var verdict: HostVerdict { concerns.map(\.severity).max() ?? .ok }

  /// Concludes.
  public init(_ observation: HostObservation, limits: ReportLimits = ReportLimits()) {
    let now = observation.now
    let pause = observation.pause.flatMap { $0.isInEffect(at: now) ? $0 : nil }
    self.now = now
    self.pause = pause
    host = observation.host
    version = observation.version
    sources = observation.sources.sorted { $0.id < $1.id }.map { SourceReport($0, now: now, limits: limits) }
    schedules = observation.schedules.sorted { $0.name < $1.name }
      .map { ScheduleReport($0, now: now, isPaused: pause != nil, limits: limits) }
    repository = observation.repository.map { RepositoryReport($0, now: now) }
    uncovered = observation.uncovered.sorted()
    excludedCount = observation.excludedCount
    unseen = Set(observation.unseen).sorted()
    var found = sources.compactMap { Concern($0) } + sources.compactMap { Concern(drillOf: $0) }
    found += schedules.flatMap(Concern.about)
    found += Concern.about(repository: repository, now: now, limits: limits)
    if let pause, let concern = Concern(pause: pause, now: now, limits: limits) { found.append(concern) }
    found += uncovered.map { Concern(uncovered: $0) } + unseen.map { Concern(unseen: $0) }
    // A stable order: the worst first, then as found.
    concerns = HostVerdict.allCases.reversed().flatMap { severity in found.filter { $0.severity == severity } }
  }

  /// The concerns about one source or schedule.
  public func concerns(about subject: String) -> [Concern] { concerns.filter { $0.subject == subject } }
}
