/// How an attempt ended that did its work.
public struct TaskOutcome: Hashable, Sendable {
  /// How well the work was done.
  public enum Grade: String, Hashable, Sendable, CaseIterable {
    /// As asked.
    case succeeded
    /// Done, and usable by later jobs, but someone should look at it.
    case degraded
  }

  /// How well the work was done.
  public let grade: Grade
  /// One line for the summary; may be empty.
  public let message: String
  /// Further lines, for whoever asks for details.
  public let details: [String]
  /// What the task leaves for jobs that are `of` this one, as text so that a journal can keep it.
  public let results: [String: String]

  /// Makes an outcome.
  public init(
    _ grade: Grade, message: String = "", details: [String] = [], results: [String: String] = [:]
  ) {
    self.grade = grade
    self.message = message
    self.details = details
    self.results = results
  }

  /// The work was done as asked.
  public static let succeeded = TaskOutcome(.succeeded)
}
