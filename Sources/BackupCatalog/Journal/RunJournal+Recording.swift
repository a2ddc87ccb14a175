import BackupModel
import GRDB
import HostSystem

extension RunJournal {
  /// Records steps of a run in their order, together: all are on the medium when this returns, or none is.
  ///
  /// Called before the steps are performed. It costs one flush of the disk however many entries there are, so what
  /// can wait for the next step is recorded with it.
  /// - Throws: ``CatalogError``: `noSuchRun` if the catalog doesn't have the run, `full` and the like.
  public func record(_ entries: [JournalEntry], of run: RunID) throws {
    guard !entries.isEmpty else { return }
    let now = clock.now().description
    let id = run.description
    try database.write(toDo: "record a step of run \(run)") { database in
      guard
        let sequence = try database.row(
          """
          SELECT (SELECT coalesce(max(sequence), 0) FROM step WHERE run = ?1) AS last FROM run WHERE id = ?1
          """, [id])
      else { throw CatalogError(.noSuchRun, "cannot record a step of run \(run): the catalog doesn't have the run") }
      let last = try sequence.number("last")
      for (offset, entry) in entries.enumerated() {
        let (kind, content) = entry.step.recorded
        try database.run(
          "INSERT INTO step (run, sequence, elapsed_ms, kind, content) VALUES (?, ?, ?, ?, ?)",
          [id, last + offset + 1, entry.elapsed.milliseconds, kind.rawValue, try jsonText(content)])
        try database.apply(entry.step, to: id, at: now)
      }
    }
  }
}

extension Database {
  /// Brings the states of jobs and tasks to what a step says.
  fileprivate func apply(_ step: JournalEntry.Step, to run: String, at now: String) throws {
    switch step {
    case .jobExpanding(let job): try setJob(job, of: run, to: .expanding)
    case .jobExpanded(let job, let tasks):
      try setJob(job, of: run, to: .running)
      for (position, task) in tasks.enumerated() {
        try self.run(
          """
          INSERT INTO task (run, job, subject, position, state, attempts, message, details, results, parameters)
          VALUES (?, ?, ?, ?, 'waiting', 0, '', '[]', '{}', ?)
          ON CONFLICT DO UPDATE SET position = excluded.position, parameters = excluded.parameters
          """, [run, job, task.subject, position, task.parameters.isEmpty ? "{}" : try jsonText(task.parameters)])
      }
    case .jobEnded(let job, let state, let message): try setJob(job, of: run, to: state, message: message)
    case .taskStarting(let task, let attempt):
      try self.run(
        """
        INSERT INTO task (run, job, subject, state, attempts, begun, message, details, results, parameters)
        VALUES (?, ?, ?, 'running', ?, ?, '', '[]', '{}', '{}')
        ON CONFLICT DO UPDATE SET state = 'running', attempts = excluded.attempts, begun = coalesce(begun, excluded.begun)
        """, [run, task.job, task.subject, attempt, now])
    case .taskRetrying(let task, _, _, let message):
      try self.run(
        "UPDATE task SET state = 'waiting', message = ? WHERE run = ? AND job = ? AND subject = ?",
        [message, run, task.job, task.subject])
    case .taskEnded(let task, let outcome): try end(task, of: run, as: outcome, at: now)
    case .taskStopping, .cancelRequested, .remark: break
    }
  }

  private func setJob(_ job: String, of run: String, to state: RecordedState, message: String = "") throws {
    try self.run(
      """
      INSERT INTO job (run, name, position, state, message)
      VALUES (?1, ?2, (SELECT count(*) FROM job WHERE run = ?1), ?3, ?4)
      ON CONFLICT DO UPDATE SET state = excluded.state, message = excluded.message
      """, [run, job, state.rawValue, message])
  }

  private func end(
    _ task: TaskName, of run: String, as outcome: JournalEntry.TaskOutcome, at now: String
  ) throws {
    // A task that was skipped for want of what it builds on was never part of an expansion, so there may be no row.
    try self.run(
      """
      INSERT INTO task (run, job, subject, state, attempts, ended, duration_ms, message, details, results, parameters)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '{}')
      ON CONFLICT DO UPDATE SET state = excluded.state, attempts = excluded.attempts, ended = excluded.ended,
        duration_ms = excluded.duration_ms, message = excluded.message, details = excluded.details,
        results = excluded.results
      """,
      [
        run, task.job, task.subject, outcome.state.rawValue, outcome.attempts, now, outcome.duration.milliseconds,
        outcome.message, outcome.details.isEmpty ? "[]" : try jsonText(outcome.details),
        outcome.results.isEmpty ? "{}" : try jsonText(outcome.results),
      ])
  }
}
