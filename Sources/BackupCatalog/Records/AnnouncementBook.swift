public import BackupModel
import GRDB
import HostSystem

/// What a target was last told of a schedule.
public struct Announcement: Hashable, Sendable {
  /// The name of the target.
  public let target: String
  /// The name of the schedule.
  public let schedule: String
  /// The state in a word, such as `ok` or `failed`.
  public let state: String
  /// When, to the second.
  public let announced: Timestamp
}

/// What was announced to whom, so that only changes are announced, and each only once.
public struct AnnouncementBook: Sendable {
  let database: CatalogDatabase
  let clock: any HostClock

  /// What a target was last told of a schedule; nil if it was never told anything.
  ///
  /// - Throws: ``CatalogError``.
  public func last(to target: String, about schedule: String) throws -> Announcement? {
    try database.read(toDo: "read what was announced to \(target)") { database in
      try database.row("SELECT * FROM announcement WHERE target = ? AND schedule = ?", [target, schedule]).map {
        try Announcement($0)
      }
    }
  }

  /// All that was last announced.
  ///
  /// - Throws: ``CatalogError``.
  public func all() throws -> [Announcement] {
    try database.read(toDo: "read what was announced") { database in
      try database.rows("SELECT * FROM announcement ORDER BY target, schedule").map(Announcement.init)
    }
  }

  /// Notes a state as announced, if what was announced before is still `previous`.
  ///
  /// Called before sending: of two processes that see the same change one is told true, and sends. If sending then fails,
  /// a call with the states swapped gives it back, so that the next run tries again.
  /// - Parameters:
  ///   - state: nil to have nothing announced.
  ///   - previous: what ``last(to:about:)`` gave; nil for nothing.
  /// - Returns: whether the caller may send.
  /// - Throws: ``CatalogError``.
  public func replace(
    _ previous: String?, with state: String?, to target: String, about schedule: String
  ) throws -> Bool {
    let now = clock.now().description
    return try database.write(toDo: "note what is announced to \(target)") { database in
      let found = try database.row("SELECT * FROM announcement WHERE target = ? AND schedule = ?", [target, schedule])
      guard try found?.text("state") == previous else { return false }
      if let state {
        try database.run(
          "INSERT OR REPLACE INTO announcement (target, schedule, state, announced) VALUES (?, ?, ?, ?)",
          [target, schedule, state, now])
      } else {
        try database.run("DELETE FROM announcement WHERE target = ? AND schedule = ?", [target, schedule])
      }
      return true
    }
  }
}

extension Announcement {
  init(_ row: Row) throws {
    self.init(
      target: try row.text("target"), schedule: try row.text("schedule"), state: try row.text("state"),
      announced: try row.time("announced"))
  }
}
