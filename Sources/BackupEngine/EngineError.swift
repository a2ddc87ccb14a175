public import BackupModel
import HostSystem

/// An error of a workflow: a source that can't be read, a target that can't be written.
public struct EngineError: Failure {
  /// What went wrong.
  public struct Code: Hashable, Sendable {
    private enum Value {
      case sourceUnreadable, targetUnusable, restoreFailed, badSpecification, refused, busy, nothingToDo, commandFailed
      case damaged
    }
    private let value: Value
    /// The source as a whole can't be read; never a fault of the repository.
    public static let sourceUnreadable = Code(value: .sourceUnreadable)
    /// The target of a restore can't be used.
    public static let targetUnusable = Code(value: .targetUnusable)
    /// Restoring failed.
    public static let restoreFailed = Code(value: .restoreFailed)
    /// A job's declaration doesn't fit the configuration.
    public static let badSpecification = Code(value: .badSpecification)
    /// A guard refused to do what was asked.
    public static let refused = Code(value: .refused)
    /// There is nothing to do; not a fault, but not what was asked for either.
    public static let nothingToDo = Code(value: .nothingToDo)
    /// Another process holds what is needed.
    public static let busy = Code(value: .busy)
    /// A program of the user's ended as one that failed.
    public static let commandFailed = Code(value: .commandFailed)
    /// Stored data that is needed is damaged.
    public static let damaged = Code(value: .damaged)
  }

  /// What went wrong.
  public let code: Code
  /// The sentence.
  public let message: String
  /// The system's words.
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

  /// The kind of failure, for exit codes.
  public var category: FailureCategory {
    switch code {
    case .badSpecification: .usage
    case .busy: .busy
    case .damaged: .damaged
    default: .failed
    }
  }
}
