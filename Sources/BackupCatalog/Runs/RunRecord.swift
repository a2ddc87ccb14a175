public import BackupModel

/// How a run stands, or how it ended.
public enum RunState: String, Sendable, CaseIterable, Codable {
  /// Begun and not ended, as far as the catalog knows.
  case running
  /// Ended with nothing to remark.
  case ok
  /// Ended with something to look at.
  case degraded
  /// Ended with something undone.
  case failed
  /// Stopped by someone before its end.
  case interrupted
  /// Its process ended without a word: killed, or the power failed.
  case died

  /// Whether it is over.
  public var isFinal: Bool { self != .running }
  /// Whether `run --resume` can go on from it.
  public var isResumable: Bool { self == .failed || self == .interrupted || self == .died }
}

/// What is known of a run when it begins.
public struct RunStart: Hashable, Sendable {
  /// The name of the schedule.
  public var schedule: String
  /// The schedule's file, for people.
  public var scheduleFile: String
  /// The program and its version.
  public var tool: String
  /// The name of the host.
  public var host: String
  /// The process that runs it.
  public var process: ProcessIdentity
  /// The id of the repository, if one is used.
  public var repository: String?
  /// The run that this one goes on from.
  public var resumedFrom: RunID?
  /// The names of its jobs in the order of the schedule; all of them begin as `waiting`.
  public var jobs: [String]

  /// Describes a run.
  public init(
    of schedule: String, from scheduleFile: String, tool: String, host: String, process: ProcessIdentity,
    repository: String? = nil, resuming resumedFrom: RunID? = nil, jobs: [String] = []
  ) {
    self.schedule = schedule
    self.scheduleFile = scheduleFile
    self.tool = tool
    self.host = host
    self.process = process
    self.repository = repository
    self.resumedFrom = resumedFrom
    self.jobs = jobs
  }
}

/// A run as the catalog has it.
public struct RunRecord: Hashable, Sendable {
  /// Its name.
  public let id: RunID
  /// The name of the schedule.
  public let schedule: String
  /// The schedule's file as it was named then.
  public let scheduleFile: String
  /// The program and its version.
  public let tool: String
  /// The name of the host.
  public let host: String
  /// The process that ran it.
  public let process: ProcessIdentity
  /// The id of the repository, if one was used.
  public let repository: String?
  /// The run that it went on from.
  public let resumedFrom: RunID?
  /// When it began, to the second.
  public let begun: Timestamp
  /// When it ended, to the second; of a run that died, when its last step was recorded.
  public let ended: Timestamp?
  /// How it stands or ended.
  public let state: RunState
  /// One line on the end; may be empty.
  public let message: String
}
