/// What a job does: finds its tasks, and performs each.
///
/// Bodies run on Swift's cooperative threads: blocking work must be moved to threads of its own. Cancellation of the
/// surrounding Swift task means "stop and clean up"; the engine waits for the clean-up within the graph's limit and
/// keeps the task's resources reserved meanwhile. A body that hasn't answered by then is abandoned: its answer is
/// ignored, and its resources stay reserved. A body is used by several tasks at once.
public protocol JobBody<Subject>: Sendable {
  /// What tasks are applied to.
  associatedtype Subject: TaskSubject

  /// Finds the tasks of the job; called once in a run, never if the job is skipped.
  ///
  /// - Parameter inputs: The tasks of the jobs that this one is `of`; with the condition `success` only those that
  ///   succeeded or are degraded.
  /// - Returns: Tasks with distinct subjects. None at all is a success, so a body that expects some throws.
  func expand(_ inputs: [JobInput<Subject>]) async throws -> [PlannedTask<Subject>]

  /// Performs one attempt of one task.
  ///
  /// - Throws: `TaskFailure` to say whether trying again may help; anything else counts as permanent.
  func run(_ task: PlannedTask<Subject>, _ context: TaskContext<Subject>) async throws -> TaskOutcome
}
