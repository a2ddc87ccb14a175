/// One step of a run, in the order in which steps happen.
///
/// Each is recorded *before* what it announces is performed, so a journal of them is never behind the world:
/// a task that the journal doesn't show as starting was not started.
public enum RunEvent<Subject: TaskSubject>: Hashable, Sendable {
  /// The run starts.
  case runStarted
  /// A job is about to be asked for its tasks.
  case jobExpanding(job: String)
  /// A job has these tasks.
  case jobExpanded(job: String, tasks: [PlannedTask<Subject>])
  /// A job has ended; the message is that of `JobSummary`.
  case jobEnded(job: String, state: JobState, message: String)
  /// An attempt is about to start; the first attempt is 1.
  case taskStarting(TaskID<Subject>, attempt: Int)
  /// An attempt failed, and the next one follows after a wait.
  case taskRetrying(TaskID<Subject>, nextAttempt: Int, after: Duration, failure: TaskFailure)
  /// A running task is about to be told to stop.
  case taskStopping(TaskID<Subject>, cause: StopCause)
  /// A task has ended.
  case taskEnded(TaskSummary<Subject>)
  /// A planned task has ended without being started, because the run that is resumed had done it.
  case taskReused(TaskSummary<Subject>)
  /// The run has used up its budget; nothing starts any more but tasks of jobs that run always or after a failure.
  case budgetExhausted(limit: Duration)
  /// The run was asked to stop; nothing starts any more.
  case cancelRequested
  /// The run was asked to wait no longer for what was told to stop.
  case abandonRequested
  /// The run has ended.
  case runEnded(RunSummary<Subject>)
}
