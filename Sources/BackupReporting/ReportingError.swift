public import BackupModel

/// Something that couldn't be told to whoever watches: metrics, a notification, a ping.
///
/// Runs hand these on as warnings: a backup that was made isn't a failed one because nobody could be told.
public struct ReportingError: Failure, Hashable {
  /// What went wrong.
  public struct Code: Hashable, Sendable {
    private enum Value { case textfile, request, answer, command, secret, target }
    private let value: Value
    /// The metrics file can't be written.
    public static let textfile = Code(value: .textfile)
    /// An HTTP request got no answer.
    public static let request = Code(value: .request)
    /// An HTTP request was answered with something else than success.
    public static let answer = Code(value: .answer)
    /// A program didn't start, didn't end in time, or ended with another status than 0.
    public static let command = Code(value: .command)
    /// A file that holds an address or a header can't be read or doesn't hold one.
    public static let secret = Code(value: .secret)
    /// What was declared can't be a target: an address, a header, a mail address, a label.
    public static let target = Code(value: .target)
  }

  /// What went wrong.
  public let code: Code
  /// The sentence.
  public let message: String
  /// The system's, the program's or the server's words.
  public let cause: String?
  /// What to type or to change.
  public let hint: String?
  /// Whether the program that is needed isn't installed.
  private let isToolMissing: Bool

  init(_ code: Code, _ message: String, cause: String? = nil, hint: String? = nil, isToolMissing: Bool = false) {
    self.code = code
    self.message = message
    self.cause = cause
    self.hint = hint
    self.isToolMissing = isToolMissing
  }

  /// A mistake in a declaration is one of usage; all else is a plain failure.
  public var category: FailureCategory {
    if isToolMissing { return .toolMissing }
    return code == .target ? .usage : .failed
  }

  /// The same error in a sentence that says what could not be done.
  func prefixed(_ start: String) -> ReportingError {
    ReportingError(code, "\(start): \(message)", cause: cause, hint: hint, isToolMissing: isToolMissing)
  }
}
