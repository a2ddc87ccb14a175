extension RunMachine {
  /// What the machine is told. Events that come too late (a timer of an ended task, a second end, the answer of what
  /// was abandoned) are ignored.
  public enum Event: Hashable, Sendable {
    /// The run starts; the first event.
    case started
    /// A job was asked for its tasks and has these.
    case jobExpanded(job: String, tasks: [PlannedTask<Subject>])
    /// A job was asked for its tasks and couldn't say.
    case jobExpansionFailed(job: String, TaskFailure)
    /// An attempt did its work.
    case taskFinished(TaskID<Subject>, attempt: Int, TaskOutcome)
    /// An attempt ended without having done its work; its clean-up is over.
    case taskFailed(TaskID<Subject>, attempt: Int, TaskFailure)
    /// The time of a timer has come.
    case timerFired(TimerID)
    /// The run is to stop.
    case cancelRequested
    /// The run is to stop, and not to wait for anything that runs.
    case abandonRequested
  }

  /// What the machine asks for, to be performed in this order.
  public enum Action: Hashable, Sendable {
    /// Record the step durably before performing any later action.
    case record(RunEvent<Subject>)
    /// Ask a job for its tasks; answered by `jobExpanded` or `jobExpansionFailed`.
    case expand(job: String, inputs: [JobInput<Subject>])
    /// Tell the expansion of a job to stop; it still answers, unless it is abandoned.
    case cancelExpansion(job: String)
    /// Start an attempt; answered by `taskFinished` or `taskFailed`.
    case start(TaskID<Subject>, plan: PlannedTask<Subject>, attempt: Int)
    /// Tell the running attempt to stop and clean up; it still answers, unless it is abandoned.
    case cancelTask(TaskID<Subject>)
    /// Answer with `timerFired` after that time.
    case setTimer(TimerID, after: Duration)
    /// A timer isn't needed any more.
    case cancelTimer(TimerID)
    /// The run has ended; nothing follows.
    case finishRun(RunResult)
  }

  /// What a timer is for; each is set at most once in a run.
  public enum TimerID: Hashable, Sendable {
    /// The time limit of an expansion.
    case expansion(job: String)
    /// The time limit of an attempt.
    case attempt(TaskID<Subject>, Int)
    /// The wait before an attempt.
    case retry(TaskID<Subject>, attempt: Int)
    /// The time limit of all attempts of a task together.
    case budget(TaskID<Subject>)
    /// The time that a task has to answer after it was told to stop.
    case cleanUp(TaskID<Subject>)
    /// The time that an expansion has to answer after it was told to stop.
    case expansionCleanUp(job: String)
    /// The time after which the run starts nothing new.
    case runBudget
  }
}
