public import BackupModel
import GRDB
import HostSystem

/// The maintenance switch that timers respect.
public struct PauseSwitch: Sendable {
  let database: CatalogDatabase
  let clock: any HostClock

  /// Begins a pause, in place of one that is in force.
  ///
  /// - Throws: ``CatalogError``.
  @discardableResult
  public func pause(until end: Timestamp, because reason: String, by who: String) throws -> Pause {
    let now = Timestamp(seconds: clock.now().seconds)
    let pause = Pause(since: now, until: Timestamp(seconds: end.seconds), reason: reason, who: who, ended: nil)
    try database.write(toDo: "note the pause") { database in
      try database.endPause(at: now)
      try database.run(
        "INSERT INTO pause (since, until, reason, who) VALUES (?, ?, ?, ?)",
        [now.description, pause.until.description, reason, who])
    }
    return pause
  }

  /// Ends the pause that is in force.
  ///
  /// - Returns: the pause as it was; nil if there was none.
  /// - Throws: ``CatalogError``.
  @discardableResult
  public func unpause() throws -> Pause? {
    let now = clock.now()
    return try database.write(toDo: "end the pause") { database in
      guard let last = try database.lastPause(), last.isInForce(at: now) else { return nil }
      try database.endPause(at: now)
      return last
    }
  }

  /// The pause in force; one that ended by itself doesn't count.
  ///
  /// - Parameter time: now if nil.
  /// - Throws: ``CatalogError``.
  public func current(at time: Timestamp? = nil) throws -> Pause? {
    let time = time ?? clock.now()
    return try last().flatMap { $0.isInForce(at: time) ? $0 : nil }
  }

  /// The last pause, whether or not it is over.
  ///
  /// - Throws: ``CatalogError``.
  public func last() throws -> Pause? { try database.read(toDo: "read the pauses") { try $0.lastPause() } }

  /// All pauses, the latest first.
  ///
  /// - Throws: ``CatalogError``.
  public func history(limit: Int = 50) throws -> [Pause] {
    try database.read(toDo: "read the pauses") { database in
      try database.rows("SELECT * FROM pause ORDER BY id DESC LIMIT ?", [limit]).map(Pause.init)
    }
  }
}

extension Database {
  fileprivate func lastPause() throws -> Pause? {
    try row("SELECT * FROM pause ORDER BY id DESC LIMIT 1").map { try Pause($0) }
  }

  /// Ends what would otherwise be in force; a pause that is over keeps the end it had.
  fileprivate func endPause(at time: Timestamp) throws {
    try run(
      "UPDATE pause SET ended = ?1 WHERE ended IS NULL AND until > ?1 AND id = (SELECT max(id) FROM pause)",
      [time.description])
  }
}
