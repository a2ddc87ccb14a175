/// Why an attempt didn't do its work.
///
/// A body throws it to say whether trying again may help. Any other error counts as permanent, and
/// `CancellationError` as the answer to being cancelled.
public struct TaskFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// What may follow.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// Trying again can't help.
    case permanent
    /// Trying again may help.
    case transient
    /// The body stopped because it was cancelled.
    case cancelled
  }

  /// What may follow.
  public let kind: Kind
  /// One line for the summary.
  public let message: String
  /// Further lines, for whoever asks for details.
  public let details: [String]

  /// Makes a failure.
  public init(_ message: String, kind: Kind = .permanent, details: [String] = []) {
    self.kind = kind
    self.message = message
    self.details = details
  }

  /// Describes whatever a body threw.
  public init(describing error: any Error) {
    switch error {
    case let failure as TaskFailure: self = failure
    case is CancellationError: self.init("stopped without having been asked to", kind: .cancelled)
    default: self.init(String(describing: error))
    }
  }

  /// The message.
  public var description: String { message }
}
