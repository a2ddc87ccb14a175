/// How far a piece of work has come, for whoever shows it.
public protocol WorkProgress: Sendable {
  /// Entries done.
  var entries: Int { get }
  /// Bytes of content done.
  var bytes: Int64 { get }
}
