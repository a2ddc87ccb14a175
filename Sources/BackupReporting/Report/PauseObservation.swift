public import BackupModel

/// The maintenance switch: while it is on, timers start nothing.
public struct PauseObservation: Hashable, Sendable {
  /// Since when.
  public var since: Timestamp
  /// Until when; nil for as long as nobody ends it.
  public var until: Timestamp?
  /// Why, in a person's words.
  public var reason: String

  /// Makes an observation.
  public init(since: Timestamp, until: Timestamp? = nil, reason: String) {
    self.since = since
    self.until = until
    self.reason = reason
  }

  /// Whether the pause still holds at an instant.
  public func isInEffect(at now: Timestamp) -> Bool {
    guard let until else { return true }
    return now < until
  }
}
