public import BackupModel

/// A program that couldn't be run, or had to be stopped.
public struct ChildError: Failure, Hashable {
  /// What went wrong.
  public enum Code: Sendable, Hashable {
    /// There is no such program, or it can't be started.
    case notStarted
    /// It took too long and was stopped.
    case timedOut
    /// It wrote more than it may and was stopped.
    case tooMuchOutput
    /// It couldn't be talked to or waited for.
    case lost
  }

  /// What went wrong.
  public let code: Code
  /// What could not be done, and why.
  public let message: String
  /// What the system or the program said.
  public let cause: String?
  /// What to type next.
  public let hint: String?

  /// Makes an error.
  public init(_ code: Code, _ message: String, cause: String? = nil, hint: String? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
    self.hint = hint
  }

  /// A program that isn't there is a missing tool; everything else is a plain failure.
  public var category: FailureCategory { code == .notStarted ? .toolMissing : .failed }
}
