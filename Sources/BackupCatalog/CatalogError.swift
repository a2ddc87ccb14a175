public import BackupModel
import GRDB
import HostSystem

/// An error of the catalog: it can't be opened, read or written, or what was asked for isn't in it.
///
/// None of them costs a backup: points are in the repository, which needs no catalog.
public struct CatalogError: Failure {
  /// What went wrong.
  public struct Code: Hashable, Sendable {
    private enum Value {
      case damaged, tooNew, busy, full, notWritable, notReadable, noSuchRun, severalRuns, leaseHeld, notRemoved
    }
    private let value: Value
    /// It can't be understood; the next opening for writing moves it aside.
    public static let damaged = Code(value: .damaged)
    /// Written by a newer version.
    public static let tooNew = Code(value: .tooNew)
    /// Another process kept it locked for too long.
    public static let busy = Code(value: .busy)
    /// No space is left where it is.
    public static let full = Code(value: .full)
    /// It can't be written to for another reason.
    public static let notWritable = Code(value: .notWritable)
    /// It can't be read.
    public static let notReadable = Code(value: .notReadable)
    /// No run has this id.
    public static let noSuchRun = Code(value: .noSuchRun)
    /// Several runs have an id that begins so.
    public static let severalRuns = Code(value: .severalRuns)
    /// Another lease on the same thing is in force.
    public static let leaseHeld = Code(value: .leaseHeld)
    /// What a lease was taken for couldn't be removed; the lease stays.
    public static let notRemoved = Code(value: .notRemoved)
  }

  /// What went wrong.
  public let code: Code
  /// The sentence.
  public let message: String
  /// The system's or the database's words.
  public let cause: String?
  /// What to type next.
  public let hint: String?

  init(_ code: Code, _ message: String, cause: String? = nil, hint: String? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
    self.hint = hint
  }

  /// The kind of failure, for exit codes.
  ///
  /// Damage of the catalog is a plain failure: the category `damaged` speaks of stored data, which this isn't.
  public var category: FailureCategory {
    switch code {
    case .tooNew: .formatTooNew
    case .busy, .leaseHeld: .busy
    case .noSuchRun, .severalRuns: .usage
    default: .failed
    }
  }
}

extension CatalogError {
  /// The error for a system call on a file of the catalog.
  init(_ error: SystemError, doing action: String, in directory: String) {
    let hint =
      error.isFull
      ? Self.fullHint(directory)
      : error.isReadOnly ? "check `dmesg`: a file system with errors is remounted read-only" : nil
    self.init(
      error.isFull ? .full : .notWritable, "cannot \(action) in \(directory): \(error.reason)", cause: error.cause,
      hint: hint)
  }

  /// The error for whatever the database threw.
  init(_ error: any Error, doing action: String, in directory: String) {
    func make(_ code: Code, _ why: String, hint: String? = nil) -> CatalogError {
      CatalogError(code, "cannot \(action) in \(directory): \(why)", cause: Self.cause(error), hint: hint)
    }
    switch error {
    case let error as CatalogError: self = error
    case let error as SystemError: self.init(error, doing: action, in: directory)
    case is RowDecodingError, is UnexpectedValue:
      self = make(.damaged, "a row holds what this program never writes", hint: Self.damageHint)
    case let error as DatabaseError:
      switch error.resultCode {
      case _ where error.isFull: self = make(.full, "No space left on device", hint: Self.fullHint(directory))
      case .SQLITE_BUSY, .SQLITE_LOCKED:
        self = make(.busy, "another process has kept it locked", hint: "see who has it open: `fuser -v \(directory)/*`")
      case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = make(.damaged, "it is damaged", hint: Self.damageHint)
      case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_CANTOPEN:
        self = make(.notWritable, "it can't be opened or written to", hint: "see who may: `ls -la \(directory)`")
      case .SQLITE_IOERR:
        self = make(.notReadable, "the disk reports an error", hint: "check `dmesg` and `df -h \(directory)`")
      default: self = make(.notWritable, error.message ?? "the database refuses")
      }
    default: self = make(.notWritable, "\(error)")
    }
  }

  /// The database's code and words, without the statement, which may be long.
  private static func cause(_ error: any Error) -> String {
    guard let error = error as? DatabaseError else { return "\(error)" }
    return "SQLite error \(error.extendedResultCode.rawValue): \(error.message ?? "no message")"
  }

  private static func fullHint(_ directory: String) -> String {
    "free space on the file system of \(directory) (`df -h \(directory)`), then run the same command again"
  }

  static let damageHint = "the next run moves the catalog aside and makes a new one; no backup is affected"
}

extension DatabaseError {
  /// Whether the file system is full: the shared index, which is mapped into memory, has a code of its own for it.
  fileprivate var isFull: Bool {
    switch extendedResultCode {
    case .SQLITE_FULL, .SQLITE_IOERR_SHMSIZE: true
    default: false
    }
  }
}
