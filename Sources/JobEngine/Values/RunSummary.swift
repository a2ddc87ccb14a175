/// How a run ended.
public enum RunResult: String, Hashable, Sendable, CaseIterable {
  /// Nothing failed, nothing is degraded.
  case ok
  /// Nothing failed, but a job is degraded, or the budget of the run kept one from starting.
  case degraded
  /// A job failed, or a step couldn't be recorded.
  case failed
  /// The run was asked to stop before it had ended, whatever else happened.
  case interrupted
}

/// What became of one task.
public struct TaskSummary<Subject: TaskSubject>: Hashable, Sendable {
  /// The task.
  public let id: TaskID<Subject>
  /// Where it is, or how it ended.
  public let state: TaskState
  /// How often it was started.
  public let attempts: Int
  /// The time from its first start to its end, waits between attempts included; zero if it never started.
  public let duration: Duration
  /// One line; may be empty.
  public let message: String
  /// Further lines.
  public let details: [String]
  /// What it left for later jobs.
  public let results: [String: String]
  /// Whether it was told to stop and didn't in time: it may still be running, and what it holds is to be reclaimed.
  public let wasAbandoned: Bool

  /// Makes a summary, for reports and their tests.
  public init(
    id: TaskID<Subject>, state: TaskState, attempts: Int, duration: Duration, message: String = "",
    details: [String] = [], results: [String: String] = [:], wasAbandoned: Bool = false
  ) {
    self.id = id
    self.state = state
    self.attempts = attempts
    self.duration = duration
    self.message = message
    self.details = details
    self.results = results
    self.wasAbandoned = wasAbandoned
  }
}

/// What became of one job.
public struct JobSummary<Subject: TaskSubject>: Hashable, Sendable {
  /// The name of the job.
  public let name: String
  /// Where it is, or how it ended.
  public let state: JobState
  /// Why it failed without tasks, was skipped, or is degraded though its tasks aren't; empty otherwise.
  public let message: String
  /// Its tasks in the order in which they were planned, then those that were skipped for want of what they build on.
  public let tasks: [TaskSummary<Subject>]

  /// Makes a summary, for reports and their tests.
  public init(name: String, state: JobState, message: String = "", tasks: [TaskSummary<Subject>] = []) {
    self.name = name
    self.state = state
    self.message = message
    self.tasks = tasks
  }
}

/// What became of a run: complete once the run has ended.
public struct RunSummary<Subject: TaskSubject>: Hashable, Sendable {
  /// How the run ended.
  public let result: RunResult
  /// The time from its start to its end.
  public let duration: Duration
  /// Its jobs in the order of declaration.
  public let jobs: [JobSummary<Subject>]
  /// Why a step couldn't be recorded, if that is what ended the run: nothing was started after it.
  public let recordingFailure: String?

  /// Makes a summary, for reports and their tests.
  public init(
    result: RunResult, duration: Duration, jobs: [JobSummary<Subject>], recordingFailure: String? = nil
  ) {
    self.result = result
    self.duration = duration
    self.jobs = jobs
    self.recordingFailure = recordingFailure
  }

  /// All tasks, job by job.
  public var tasks: [TaskSummary<Subject>] { jobs.flatMap { $0.tasks } }
}
