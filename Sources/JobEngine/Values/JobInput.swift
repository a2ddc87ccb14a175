/// One ended task of a job that another job is `of`: what the other job can fan out over.
public struct JobInput<Subject: TaskSubject>: Hashable, Sendable {
  /// The job that the task belongs to.
  public let job: String
  /// What the task was applied to.
  public let subject: Subject
  /// How the task ended. A job with the condition `success` is handed succeeded and degraded tasks only.
  public let state: TaskState
  /// What the task left for later jobs.
  public let results: [String: String]

  /// Describes an ended task.
  public init(job: String, subject: Subject, state: TaskState, results: [String: String] = [:]) {
    self.job = job
    self.subject = subject
    self.state = state
    self.results = results
  }
}
