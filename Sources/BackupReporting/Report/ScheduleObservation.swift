public import BackupModel

/// How the last run of a schedule ended, or that it hasn't.
public enum ScheduleRunState: String, Sendable, CaseIterable, Codable {
  /// Everything was done.
  case ok
  /// Everything was done, but someone should look at it.
  case degraded
  /// Something was not done.
  case failed
  /// Someone stopped it.
  case interrupted
  /// The program was killed or the host went down.
  case died
  /// It hasn't ended.
  case running
}

/// How far a run has come.
public struct ScheduleRunProgress: Hashable, Sendable {
  /// Tasks that have ended.
  public var endedTasks: Int
  /// Tasks that the run has, as far as they are known yet.
  public var allTasks: Int
  /// Bytes read so far.
  public var readBytes: ByteCount

  /// Makes a progress.
  public init(endedTasks: Int, allTasks: Int, readBytes: ByteCount = .zero) {
    self.endedTasks = endedTasks
    self.allTasks = allTasks
    self.readBytes = readBytes
  }
}

/// The last run of a schedule.
public struct ScheduleRunObservation: Hashable, Sendable {
  /// How it ended.
  public var state: ScheduleRunState
  /// When it began.
  public var begun: Timestamp
  /// When it ended; nil while it runs.
  public var ended: Timestamp?
  /// How far it has come; nil once it has ended.
  public var progress: ScheduleRunProgress?

  /// Makes an observation.
  public init(
    state: ScheduleRunState, begun: Timestamp, ended: Timestamp? = nil, progress: ScheduleRunProgress? = nil
  ) {
    self.state = state
    self.begun = begun
    self.ended = ended
    self.progress = progress
  }
}

/// What is known of one schedule from the catalog and its timer.
public struct ScheduleObservation: Hashable, Sendable {
  /// The schedule's name.
  public var name: String
  /// The last run; nil if there was none.
  public var lastRun: ScheduleRunObservation?
  /// When the last run that was ok had ended.
  public var lastOK: Timestamp?
  /// The first time after the last run began at which the timer should start the next one; nil without a timer.
  ///
  /// It is reckoned from the last run, not from now: only so a timer that doesn't fire is noticed.
  public var nextStart: Timestamp?

  /// Makes an observation.
  public init(
    name: String, lastRun: ScheduleRunObservation? = nil, lastOK: Timestamp? = nil, nextStart: Timestamp? = nil
  ) {
    self.name = name
    self.lastRun = lastRun
    self.lastOK = lastOK
    self.nextStart = nextStart
  }
}
