public import BackupModel

/// An error about a volume, a snapshot or a pool: what could not be done to which, and why.
public struct VolumeError: Failure, Hashable {
  /// What went wrong.
  public struct Code: Hashable, Sendable {
    private enum Value {
      case notFound, refused, toolFailed, unusableOutput, unsupportedVersion, busy, poolUnhealthy, noSpace, wrongKey
      case notMountable, hookFailed
    }
    private let value: Value
    /// A volume group, pool, volume or snapshot isn't there, or isn't there any more.
    public static let notFound = Code(value: .notFound)
    /// A guard refused: the thing isn't ours, or isn't as it was.
    public static let refused = Code(value: .refused)
    /// A program failed; the cause has its last words.
    public static let toolFailed = Code(value: .toolFailed)
    /// A program said something that can't be understood.
    public static let unusableOutput = Code(value: .unusableOutput)
    /// A program has a version that can't be relied on.
    public static let unsupportedVersion = Code(value: .unsupportedVersion)
    /// Another program holds what is needed.
    public static let busy = Code(value: .busy)
    /// The pool is read-only, failed, or needs a check.
    public static let poolUnhealthy = Code(value: .poolUnhealthy)
    /// The pool is too full of data or metadata.
    public static let noSpace = Code(value: .noSpace)
    /// A key doesn't open an encrypted volume.
    public static let wrongKey = Code(value: .wrongKey)
    /// A file system can't be mounted.
    public static let notMountable = Code(value: .notMountable)
    /// A command that holds an application still failed.
    public static let hookFailed = Code(value: .hookFailed)
  }

  /// What went wrong.
  public let code: Code
  /// The sentence.
  public let message: String
  /// The tool's or the system's words.
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
    case .busy: .busy
    case .unsupportedVersion: .toolMissing
    default: .snapshotFailed
    }
  }
}
