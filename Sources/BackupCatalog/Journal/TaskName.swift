/// The name of a task within a run: its job and what the job is applied to.
public struct TaskName: Hashable, Sendable, CustomStringConvertible {
  /// The name of the job.
  public let job: String
  /// What the job is applied to, as text.
  public let subject: String

  /// Names a task.
  public init(job: String, subject: String) {
    self.job = job
    self.subject = subject
  }

  /// The job and the subject, as in `verify nfs/immich`.
  public var description: String { "\(job) \(subject)" }
}
