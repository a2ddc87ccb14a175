/// What a task is applied to: unique within its job, and its description is what people read.
public typealias TaskSubject = CustomStringConvertible & Hashable & Sendable

/// The name of a task: its job and what the job is applied to.
///
/// It means the same in every run, so a journal can compare runs by it.
public struct TaskID<Subject: TaskSubject>: Hashable, Sendable, CustomStringConvertible {
  /// The name of the job.
  public let job: String
  /// What the job is applied to.
  public let subject: Subject

  /// Names a task.
  public init(job: String, subject: Subject) {
    self.job = job
    self.subject = subject
  }

  /// The job and the subject, as in `verify nfs/immich`.
  public var description: String { "\(job) \(subject)" }
}
