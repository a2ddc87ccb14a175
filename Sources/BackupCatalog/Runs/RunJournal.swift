import BackupModel
import GRDB
import HostSystem

/// The runs: begun and finished here, with their steps in between.
public struct RunJournal: Sendable {
  let database: CatalogDatabase
  let clock: any HostClock

  /// Begins a run: from here on it counts as running, even if the power fails at once.
  ///
  /// The caller holds the schedule's lock, and has called ``markDead(ofSchedule:)`` before.
  /// - Throws: ``CatalogError``.
  public func begin(_ start: RunStart) throws -> RunRecord {
    let begun = clock.now()
    return try database.write(toDo: "begin a run of \(start.schedule)") { database in
      var id = RunID(schedule: start.schedule, begun: begun)
      while try database.row("SELECT 1 FROM run WHERE id = ?", [id.description]) != nil {
        id = RunID(schedule: start.schedule, begun: begun, ordinal: id.ordinal + 1)
      }
      try database.run(
        """
        INSERT INTO run (id, schedule, schedule_file, tool, host, pid, process_started, boot, repository, resumed_from,
          begun, state, message)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'running', '')
        """,
        [
          id.description, start.schedule, start.scheduleFile, start.tool, start.host, start.process.pid,
          Int64(bitPattern: start.process.startTicks), start.process.bootID, start.repository,
          start.resumedFrom?.description, id.begun.description,
        ])
      for (position, job) in start.jobs.enumerated() {
        try database.run(
          "INSERT INTO job (run, name, position, state, message) VALUES (?, ?, ?, 'waiting', '')",
          [id.description, job, position])
      }
      return try database.record(of: id)
    }
  }

  /// Records how a run ended.
  ///
  /// - Parameter state: anything but `running`.
  /// - Throws: ``CatalogError``.
  @discardableResult
  public func finish(_ run: RunID, as state: RunState, message: String = "") throws -> RunRecord {
    precondition(state.isFinal, "a run is finished in a final state")
    let ended = clock.now()
    return try database.write(toDo: "finish run \(run)") { database in
      try database.run(
        "UPDATE run SET state = ?, message = ?, ended = ? WHERE id = ?",
        [state.rawValue, message, ended.description, run.description])
      return try database.record(of: run)
    }
  }

  /// The latest runs, the latest first.
  ///
  /// - Parameter schedule: only runs of this schedule.
  /// - Throws: ``CatalogError``.
  public func latest(ofSchedule schedule: String? = nil, limit: Int = 20) throws -> [RunRecord] {
    try database.read(toDo: "list runs") { database in
      try database.rows(
        "SELECT * FROM run WHERE ?1 IS NULL OR schedule = ?1 ORDER BY number DESC LIMIT ?2",
        [schedule, limit]
      ).map(RunRecord.init)
    }
  }

  /// The last run of each schedule that has ended, however it ended.
  ///
  /// - Throws: ``CatalogError``.
  public func lastFinished() throws -> [String: RunRecord] {
    try database.read(toDo: "find the last runs") { database in
      let runs = try database.rows(
        "SELECT * FROM run WHERE number IN (SELECT max(number) FROM run WHERE state <> 'running' GROUP BY schedule)"
      ).map(RunRecord.init)
      return Dictionary(runs.map { ($0.schedule, $0) }) { $1 }
    }
  }

  /// The run of an id; nil if there is none.
  ///
  /// - Throws: ``CatalogError``.
  public func run(_ id: RunID) throws -> RunRecord? {
    try database.read(toDo: "read run \(id)") { database in
      try database.row("SELECT * FROM run WHERE id = ?", [id.description]).map(RunRecord.init)
    }
  }
}

extension Database {
  /// The run of an id that a caller was given by ``RunJournal/begin(_:)``.
  func record(of id: RunID) throws -> RunRecord {
    guard let row = try row("SELECT * FROM run WHERE id = ?", [id.description]) else {
      throw CatalogError(.noSuchRun, "cannot find run \(id): the catalog doesn't have it (any more)")
    }
    return try RunRecord(row)
  }
}

extension RunRecord {
  init(_ row: Row) throws {
    self.init(
      id: try row.runID("id"), schedule: try row.text("schedule"), scheduleFile: try row.text("schedule_file"),
      tool: try row.text("tool"), host: try row.text("host"), process: try row.process(),
      repository: try row.optionalText("repository"), resumedFrom: try row.optionalRunID("resumed_from"),
      begun: try row.time("begun"), ended: try row.optionalTime("ended"),
      state: try row.word("state", as: RunState.self), message: try row.text("message"))
  }
}
