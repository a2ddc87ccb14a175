/// A task that an earlier run of the same graph ended well, so that a run which resumes that one needn't do it again.
public struct FinishedTask<Subject: TaskSubject>: Hashable, Sendable {
  /// The task.
  public let id: TaskID<Subject>
  /// How well the work was done.
  public let grade: TaskOutcome.Grade
  /// What the earlier run said of it; may be empty.
  public let message: String
  /// What it left for later jobs.
  public let results: [String: String]

  private static var mark: String { "done by the run resumed" }

  /// Names a task that was done.
  public init(
    _ id: TaskID<Subject>, grade: TaskOutcome.Grade, message: String = "", results: [String: String] = [:]
  ) {
    self.id = id
    self.grade = grade
    self.message = message
    self.results = results
  }

  /// Takes a task from a journal, whether that run did it or had itself resumed one that did; nil if it isn't usable.
  public init?(_ summary: TaskSummary<Subject>) {
    let grade: TaskOutcome.Grade
    switch summary.state {
    case .succeeded: grade = .succeeded
    case .degraded: grade = .degraded
    case .waiting, .running, .failed, .skipped, .cancelled, .timedOut: return nil
    }
    self.init(summary.id, grade: grade, message: summary.message, results: summary.results)
  }

  /// How the task ends in the run that resumes.
  var state: TaskState { grade == .succeeded ? .succeeded : .degraded }

  /// What the run that resumes says of it; a chain of resumed runs doesn't repeat itself.
  var reusedMessage: String {
    if message.hasPrefix(Self.mark) { return message }
    return message.isEmpty ? Self.mark : "\(Self.mark): \(message)"
  }
}
