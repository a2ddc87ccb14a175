public import BackupModel
import GRDB

/// A time in which timers start nothing.
public struct Pause: Hashable, Sendable {
  /// When it was begun, to the second.
  public let since: Timestamp
  /// When it ends by itself.
  public let until: Timestamp
  /// Why, in the words of who began it.
  public let reason: String
  /// Who began it.
  public let who: String
  /// When it was ended before its time, by `unpause` or by a later pause; nil if it wasn't.
  public let ended: Timestamp?

  /// Whether it is in force at a time.
  public func isInForce(at time: Timestamp) -> Bool { ended == nil && time < until }
}

extension Pause {
  init(_ row: Row) throws {
    self.init(
      since: try row.time("since"), until: try row.time("until"), reason: try row.text("reason"),
      who: try row.text("who"), ended: try row.optionalTime("ended"))
  }
}
