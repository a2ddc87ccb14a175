/// One step of a run as it is to be recorded.
public struct JournalEntry: Hashable, Sendable {
  /// The time since the run began.
  public var elapsed: Duration
  /// What happens.
  public var step: Step

  /// Makes an entry.
  public init(at elapsed: Duration, _ step: Step) {
    self.elapsed = elapsed
    self.step = step
  }

  /// What happens in a step.
  public enum Step: Hashable, Sendable {
    /// A job is about to be asked for its tasks.
    case jobExpanding(job: String)
    /// A job has these tasks.
    case jobExpanded(job: String, tasks: [ExpandedTask])
    /// A job has ended.
    case jobEnded(job: String, RecordedState, message: String)
    /// An attempt is about to start; the first attempt is 1.
    case taskStarting(TaskName, attempt: Int)
    /// An attempt failed, and the next one follows after a wait.
    case taskRetrying(TaskName, nextAttempt: Int, after: Duration, message: String)
    /// A running task is about to be told to stop.
    case taskStopping(TaskName, cause: String)
    /// A task has ended.
    case taskEnded(TaskName, TaskOutcome)
    /// The run was asked to stop.
    case cancelRequested
    /// Anything else worth keeping: what a start found and removed, which signal came.
    case remark(String)
  }

  /// A task as its job's expansion plans it.
  public struct ExpandedTask: Hashable, Sendable {
    /// What the job is applied to.
    public var subject: String
    /// What the expansion hands to the attempt.
    public var parameters: [String: String]

    /// Plans a task.
    public init(subject: String, parameters: [String: String] = [:]) {
      self.subject = subject
      self.parameters = parameters
    }
  }

  /// How a task ended.
  public struct TaskOutcome: Hashable, Sendable {
    /// A final state.
    public var state: RecordedState
    /// How often it was started; 0 if never, as when its result was taken over from an earlier run.
    public var attempts: Int
    /// From its first start to its end; zero if it never started.
    public var duration: Duration
    /// One line; may be empty.
    public var message: String
    /// Further lines.
    public var details: [String]
    /// What it left for later jobs.
    public var results: [String: String]

    /// Describes an end.
    public init(
      _ state: RecordedState, attempts: Int, duration: Duration, message: String = "", details: [String] = [],
      results: [String: String] = [:]
    ) {
      self.state = state
      self.attempts = attempts
      self.duration = duration
      self.message = message
      self.details = details
      self.results = results
    }
  }
}
