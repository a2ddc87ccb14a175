public import BackupCatalog
public import BackupModel
public import BackupPolicy
public import BackupReporting
public import BackupRepository
public import HostSystem

/// Observes a host: fills what reports are derived from with what configuration, catalog and repository say.
///
/// It concludes nothing; `HostReport` does. All ages come from durable state, so what never ran shows.
public struct HostSurvey: Sendable {
  /// The configuration.
  public var configuration: Configuration
  /// The repository; nil if it isn't there.
  public var repository: Repository?
  /// The catalog; nil if there is none yet.
  public var catalog: Catalog?
  /// The names of the schedules that are declared, and when the timer of each should start it first after its last run.
  public var schedules: [String: Timestamp?]
  /// The host's name.
  public var host: String
  /// The version of the program.
  public var version: String
  /// What was seen of volumes; nil if nobody looked at them.
  public var volumes: SeenVolumes?

  /// Gathers what to look at.
  public init(
    configuration: Configuration, repository: Repository?, catalog: Catalog?, schedules: [String: Timestamp?],
    host: String, version: String, volumes: SeenVolumes? = nil
  ) {
    self.configuration = configuration
    self.repository = repository
    self.catalog = catalog
    self.schedules = schedules
    self.host = host
    self.version = version
    self.volumes = volumes
  }

  /// Notes in the catalog which sources are declared, so that a promise counts from the first time on.
  ///
  /// - Throws: `CatalogError`.
  public func noteDeclared(clock: any HostClock) throws {
    try catalog?.sources.noteDeclared(
      DeclaredSources(configuration, in: repository, volumes: volumes).items.map(\.id), at: clock.now())
  }

  /// Observes. Blocks while it reads the repository's points.
  ///
  /// - Parameter progress: how far runs have come that are going on, by schedule.
  /// - Returns: the observation, and lines on what couldn't be looked at.
  /// - Throws: `CatalogError`; `RepositoryError`.
  public func observe(
    clock: any HostClock, progress: [String: ScheduleRunProgress] = [:]
  ) throws -> (observation: HostObservation, problems: [String]) {
    let now = clock.now()
    let declared = DeclaredSources(configuration, in: repository, volumes: volumes)
    let coverage = CoverageSurvey(configuration, volumes: volumes)
    let known = Dictionary(uniqueKeysWithValues: try (catalog?.sources.all() ?? []).map { ($0.source, $0) })
    var observation = HostObservation(now: now, host: host, version: version)
    observation.sources = try declared.items.map { try source($0, known[$0.id], now: now) }
    observation.schedules = try schedules(progress)
    observation.pause = try catalog?.pauses.current(at: now).map {
      PauseObservation(since: $0.since, until: $0.until, reason: $0.reason)
    }
    observation.repository = try repository.flatMap { try RepositoryKnowledge.disk(of: $0, now: now) }
    observation.uncovered = coverage.uncovered
    observation.excludedCount = coverage.excludedCount
    observation.unseen = coverage.problems
    return (observation, declared.problems)
  }

  private func source(_ item: DeclaredSources.Item, _ known: SourceRecord?, now: Timestamp) throws -> SourceObservation
  {
    var observation = SourceObservation(
      id: item.id, declared: known?.declared ?? now, maximumAge: item.maximumAge, lastSuccess: known?.succeeded,
      failingSince: known?.failingSince)
    if let known, let ended = known.attempted, let outcome = known.outcome.flatMap(AttemptOutcome.init) {
      let duration = known.duration ?? .zero
      observation.lastAttempt = AttemptObservation(
        begun: ended.adding(seconds: -duration.components.seconds), outcome: outcome, duration: duration,
        readBytes: known.read ?? .zero, storedBytes: known.stored ?? .zero, warnings: known.warnings)
    }
    guard let store = repository?.store(item.id), let newest = try store.pointIDs().last else { return observation }
    let good = try store.latestGoodPoint { _, _ in }
    observation.newestGoodPoint = good?.begun
    observation.isSuspicious = good?.id != newest
    observation.lastSuccess = observation.lastSuccess ?? good?.ended
    observation.lastAttempt?.entries = good?.statistics.entries ?? 0
    let attestations = try store.attestations.read().attestations
    observation.lastVerified = attestations.last { $0.action == .verify }?.at
    if let drill = attestations.last(where: { $0.action == .drill }) {
      observation.lastDrilled = drill.at
      observation.lastDrill = DrillObservation(
        hasFailed: drill.result == .damaged, isIncomplete: drill.result == .incomplete,
        restoreTime: drill.restoreSeconds.map { .milliseconds(Int64(($0 * 1000).rounded())) },
        dataAge: drill.ageSeconds.map { .seconds($0) })
    }
    return observation
  }

  private func schedules(_ progress: [String: ScheduleRunProgress]) throws -> [ScheduleObservation] {
    try schedules.map { name, next in
      let latest = try catalog?.runs.latest(ofSchedule: name, limit: 50) ?? []
      let last = latest.first.map { run in
        ScheduleRunObservation(
          state: ScheduleRunState(run.effectiveState), begun: run.begun, ended: run.ended,
          progress: run.effectiveState == .running ? progress[name] : nil)
      }
      return ScheduleObservation(
        name: name, lastRun: last, lastOK: latest.first { $0.state == .ok }?.ended, nextStart: next)
    }
  }
}

extension AttemptOutcome {
  fileprivate init?(_ state: RecordedState) {
    switch state {
    case .succeeded: self = .succeeded
    case .degraded: self = .degraded
    case .failed: self = .failed
    case .timedOut: self = .timedOut
    case .cancelled: self = .interrupted
    case .died: self = .died
    case .waiting, .expanding, .running, .skipped: return nil
    }
  }
}

extension ScheduleRunState {
  /// The state of a run as the journal has it.
  public init(_ state: RunState) {
    switch state {
    case .running: self = .running
    case .ok: self = .ok
    case .degraded: self = .degraded
    case .failed: self = .failed
    case .interrupted: self = .interrupted
    case .died: self = .died
    }
  }
}
