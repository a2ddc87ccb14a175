public import BackupModel

/// What a schedule is like.
public enum ScheduleState: String, Sendable, CaseIterable, Codable {
  /// The last run did everything.
  case ok
  /// The last run did everything, but someone should look at it.
  case degraded
  /// The last run left something undone.
  case failed
  /// Someone stopped the last run.
  case interrupted
  /// The program was killed or the host went down during the last run.
  case died
  /// A run is going on.
  case running
  /// There was no run.
  case neverRan = "never-ran"

  /// The state after a run, or after none.
  public init(_ run: ScheduleRunState?) {
    switch run {
    case .ok: self = .ok
    case .degraded: self = .degraded
    case .failed: self = .failed
    case .interrupted: self = .interrupted
    case .died: self = .died
    case .running: self = .running
    case nil: self = .neverRan
    }
  }
}

/// What a schedule is like, concluded from an observation.
public struct ScheduleReport: Hashable, Sendable {
  /// What was observed.
  public let observation: ScheduleObservation
  /// What the schedule is like.
  public let state: ScheduleState
  /// Whether the timer should have started it some time ago; never while it runs or timers are paused.
  public let isOverdue: Bool

  /// The schedule's name.
  public var name: String { observation.name }

  /// Concludes.
  public init(
    _ observation: ScheduleObservation, now: Timestamp, isPaused: Bool = false, limits: ReportLimits = ReportLimits()
  ) {
    self.observation = observation
    state = ScheduleState(observation.lastRun?.state)
    let isLate = observation.nextStart.map { $0.age(at: now) > limits.lateStart } ?? false
    isOverdue = isLate && state != .running && !isPaused
  }
}
