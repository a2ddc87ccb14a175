public import BackupModel
import HostSystem

/// An error of a repository: it isn't there, can't be written, is held, or holds damage.
public struct RepositoryError: Failure {
  /// What went wrong.
  public struct Code: Hashable, Sendable {
    private enum Value {
      case missing, exists, wrongID, notMounted, formatTooNew, busy, damaged, writeFailed, readFailed, noSuchSource,
        noSuchPoint, noSuchEntry, held
    }
    private let value: Value
    /// No repository there.
    public static let missing = Code(value: .missing)
    /// Something is there where a new one was wanted.
    public static let exists = Code(value: .exists)
    /// A repository, but not the expected one.
    public static let wrongID = Code(value: .wrongID)
    /// The directory isn't on a mounted file system although it must be.
    public static let notMounted = Code(value: .notMounted)
    /// Written by a newer version.
    public static let formatTooNew = Code(value: .formatTooNew)
    /// Another process holds the source.
    public static let busy = Code(value: .busy)
    /// Stored data is damaged or missing.
    public static let damaged = Code(value: .damaged)
    /// The repository can't be written to; never a fault of the source.
    public static let writeFailed = Code(value: .writeFailed)
    /// The repository can't be read.
    public static let readFailed = Code(value: .readFailed)
    /// The repository has no such source.
    public static let noSuchSource = Code(value: .noSuchSource)
    /// The source has no such point.
    public static let noSuchPoint = Code(value: .noSuchPoint)
    /// The point has no such entry.
    public static let noSuchEntry = Code(value: .noSuchEntry)
    /// A point is on hold.
    public static let held = Code(value: .held)
  }

  /// What went wrong.
  public let code: Code
  /// The sentence.
  public let message: String
  /// The system's words.
  public let cause: String?
  /// What to type next.
  public let hint: String?

  /// Whether the disk that holds the repository is full.
  public private(set) var isFull = false

  /// Makes an error.
  public init(_ code: Code, _ message: String, cause: String? = nil, hint: String? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
    self.hint = hint
  }

  /// The same error with more said about its cause.
  public func adding(toCause more: String) -> RepositoryError {
    var error = RepositoryError(
      code, message, cause: [cause, more].compactMap(\.self).joined(separator: "; "), hint: hint)
    error.isFull = isFull
    return error
  }

  /// The kind of failure, for exit codes.
  public var category: FailureCategory {
    switch code {
    case .missing, .wrongID, .notMounted: .repositoryMissing
    case .formatTooNew: .formatTooNew
    case .busy: .busy
    case .damaged: .damaged
    default: .failed
    }
  }

  /// An error of writing to the repository at a path.
  static func writing(_ path: String, _ error: SystemError) -> RepositoryError {
    let hint: String? =
      error.isFull
      ? "free space on the disk that holds the repository, then run the same command again; points listed before are intact"
      : error.isReadOnly
        ? "check `dmesg` for errors of the disk; a file system with errors is remounted read-only" : nil
    var made = RepositoryError(
      .writeFailed, "cannot write \(path) in the repository: \(error.reason)", cause: error.cause, hint: hint)
    made.isFull = error.isFull
    return made
  }

  /// An error of reading the repository at a path.
  static func reading(_ path: String, _ error: SystemError) -> RepositoryError {
    RepositoryError(
      .readFailed, "cannot read \(path) in the repository: \(error.reason)", cause: error.cause,
      hint: error.errno == 5 ? "check `dmesg` and the disk's health before anything else" : nil)
  }
}
