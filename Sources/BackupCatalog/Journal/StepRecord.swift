import GRDB

/// One step of a run as the catalog has it, for showing what happened in order.
public struct StepRecord: Hashable, Sendable {
  /// What kind of step; the words are those of the database.
  public enum Kind: String, Sendable, CaseIterable, Codable {
    /// A job was asked for its tasks.
    case jobExpanding = "job expanding"
    /// A job had its tasks.
    case jobExpanded = "job expanded"
    /// A job ended.
    case jobEnded = "job ended"
    /// An attempt started.
    case taskStarting = "task starting"
    /// An attempt failed and another was to follow.
    case taskRetrying = "task retrying"
    /// A task was told to stop.
    case taskStopping = "task stopping"
    /// A task ended.
    case taskEnded = "task ended"
    /// The run was asked to stop.
    case cancelRequested = "cancel requested"
    /// Something else.
    case remark
  }

  /// The place in the run, from 1.
  public let sequence: Int
  /// The time since the run began, to the millisecond.
  public let elapsed: Duration
  /// What kind of step.
  public let kind: Kind
  /// What is known beside.
  public let content: Content

  /// What is known of a step; which parts there are follows from its kind.
  public struct Content: Hashable, Sendable, Codable {
    /// The job, of a step of a job or task.
    public var job: String?
    /// What the job is applied to, of a step of a task.
    public var subject: String?
    /// The attempt that starts or follows; of an end, how many there were.
    public var attempt: Int?
    /// How many tasks a job has.
    public var tasks: Int?
    /// The state of what ended.
    public var state: RecordedState?
    /// The wait before the next attempt, in milliseconds.
    public var waitMilliseconds: Int64?
    /// Why, or what.
    public var message: String?
  }

  /// The step in a few words: `task starting: archive nfs/immich`.
  public var summary: String {
    let thing = [content.job, content.subject].compactMap(\.self).joined(separator: " ")
    return thing.isEmpty ? kind.rawValue : "\(kind.rawValue): \(thing)"
  }
}

extension StepRecord {
  init(_ row: Row) throws {
    self.init(
      sequence: try row.number("sequence"), elapsed: try row.duration("elapsed_ms"),
      kind: try row.word("kind", as: Kind.self), content: try row.json("content"))
  }
}

extension JournalEntry.Step {
  /// The kind and the content under which the step is kept.
  var recorded: (kind: StepRecord.Kind, content: StepRecord.Content) {
    switch self {
    case .jobExpanding(let job): (.jobExpanding, .init(job: job))
    // The tasks themselves are rows of their own.
    case .jobExpanded(let job, let tasks): (.jobExpanded, .init(job: job, tasks: tasks.count))
    case .jobEnded(let job, let state, let message):
      (.jobEnded, .init(job: job, state: state, message: message.nonEmpty))
    case .taskStarting(let task, let attempt):
      (.taskStarting, .init(job: task.job, subject: task.subject, attempt: attempt))
    case .taskRetrying(let task, let next, let wait, let message):
      (
        .taskRetrying,
        .init(
          job: task.job, subject: task.subject, attempt: next, waitMilliseconds: wait.milliseconds,
          message: message.nonEmpty)
      )
    case .taskStopping(let task, let cause):
      (.taskStopping, .init(job: task.job, subject: task.subject, message: cause.nonEmpty))
    case .taskEnded(let task, let outcome):
      (
        .taskEnded,
        .init(
          job: task.job, subject: task.subject, attempt: outcome.attempts, state: outcome.state,
          message: outcome.message.nonEmpty)
      )
    case .cancelRequested: (.cancelRequested, .init())
    case .remark(let text): (.remark, .init(message: text))
    }
  }
}

extension String {
  fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
