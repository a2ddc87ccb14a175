/// What kind of failure an error is, for those who act on it: the exit code, a retry, an alert.
///
/// The text of a message is for people; nothing decides by it.
public enum FailureCategory: String, Sendable, CaseIterable, Codable {
  /// Anything without a category of its own.
  case failed
  /// The repository isn't there, isn't mounted, or isn't the expected one.
  case repositoryMissing
  /// Another process holds what is needed.
  case busy
  /// The repository was written by a newer version.
  case formatTooNew
  /// Stored data doesn't match its checksum, can't be parsed, or is missing.
  case damaged
  /// A volume snapshot couldn't be made, read or removed as it should be.
  case snapshotFailed
  /// A program or library that is needed isn't installed.
  case toolMissing
  /// What the user wrote (command line, configuration, schedule) is wrong; nothing was started.
  case usage
}

/// An error that can be shown to a person: what could not be done to which thing, why, and what to type next.
///
/// Each module has one public error type that conforms. The command line prints
/// `error: <message>`, then `cause: <cause>` and `hint: <hint>` where there is one.
public protocol Failure: Error, CustomStringConvertible {
  /// The kind of failure.
  var category: FailureCategory { get }
  /// One sentence without a full stop: `cannot <do> <which thing>: <why>`.
  var message: String { get }
  /// The fact of the system behind it (call and errno, a tool's last line), if there is one.
  var cause: String? { get }
  /// A command to run or a thing to change, if there is one that helps.
  var hint: String? { get }
}

extension Failure {
  /// The message, with the cause in parentheses.
  public var description: String {
    guard let cause else { return message }
    return "\(message) (\(cause))"
  }
}
