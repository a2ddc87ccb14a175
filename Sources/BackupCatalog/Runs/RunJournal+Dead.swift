import BackupModel
import GRDB
import HostSystem

extension RunJournal {
  /// Marks the runs of a schedule that still count as running as dead, with their running jobs and tasks.
  ///
  /// Only for whoever holds the schedule's lock: a run that lives holds it, so none of these does.
  /// - Returns: the runs as they are now, the oldest first. Their leases are ``LeaseBook/leases(of:)``.
  /// - Throws: ``CatalogError``.
  public func markDead(ofSchedule schedule: String) throws -> [RunRecord] {
    try database.write(toDo: "mark the dead runs of \(schedule)") { database in
      let runs = try database.rows(
        "SELECT * FROM run WHERE schedule = ? AND state = 'running' ORDER BY number", [schedule]
      ).map(RunRecord.init)
      return try runs.map { run in
        let last = try database.row(
          "SELECT * FROM step WHERE run = ? ORDER BY sequence DESC LIMIT 1", [run.id.description]
        ).map { try StepRecord($0) }
        let elapsed = last?.elapsed ?? .zero
        let ended = run.begun.adding(seconds: elapsed.components.seconds)
        let what = last.map { "its last step was recorded at \(ended), \($0.summary)" } ?? "it recorded no step"
        let message = "its process (\(run.process.pid)) ended without a word; \(what)"
        for table in ["job", "task"] {
          try database.run(
            """
            UPDATE \(table) SET state = 'died', message = 'its process ended without a word'
            WHERE run = ? AND state IN ('running', 'expanding')
            """, [run.id.description])
        }
        try database.run(
          "UPDATE run SET state = 'died', message = ?, ended = ? WHERE id = ?",
          [message, ended.description, run.id.description])
        return try database.record(of: run.id)
      }
    }
  }
}
