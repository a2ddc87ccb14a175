/// One task as a job's expansion plans it.
public struct PlannedTask<Subject: TaskSubject>: Hashable, Sendable {
  /// What the job is applied to.
  public let subject: Subject
  /// The time since this was last done; nil means never, and never comes first.
  public let staleness: Duration?
  /// How long it will probably take; nil means unknown, which counts as no time at all.
  public let expectedDuration: Duration?
  /// What the expansion hands to the attempt, as text so that a journal can keep it.
  public let parameters: [String: String]

  /// Plans a task.
  public init(
    _ subject: Subject, staleness: Duration? = nil, expectedDuration: Duration? = nil,
    parameters: [String: String] = [:]
  ) {
    self.subject = subject
    self.staleness = staleness
    self.expectedDuration = expectedDuration
    self.parameters = parameters
  }
}
