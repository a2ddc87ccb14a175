import BackupModel
import GRDB
import HostSystem

extension RunJournal {
  /// The jobs of a run, in the order of the schedule, with their tasks.
  ///
  /// - Throws: ``CatalogError``.
  public func jobs(of run: RunID) throws -> [JobRecord] {
    try database.read(toDo: "read the jobs of run \(run)") { database in
      let tasks = Dictionary(grouping: try database.tasks(of: run), by: \.name.job)
      return try database.rows("SELECT * FROM job WHERE run = ? ORDER BY position", [run.description]).map { row in
        let name = try row.text("name")
        return JobRecord(
          name: name, state: try row.word("state", as: RecordedState.self), message: try row.text("message"),
          tasks: tasks[name] ?? [])
      }
    }
  }

  /// The steps of a run, in their order.
  ///
  /// - Throws: ``CatalogError``.
  public func steps(of run: RunID) throws -> [StepRecord] {
    try database.read(toDo: "read the steps of run \(run)") { database in
      try database.rows("SELECT * FROM step WHERE run = ? ORDER BY sequence", [run.description]).map(StepRecord.init)
    }
  }

  /// The tasks that a run which resumes `run` needn't do again: those that succeeded, degraded ones included, in it or in
  /// the runs that it resumed itself.
  ///
  /// - Throws: ``CatalogError``.
  public func usableTasks(of run: RunID) throws -> [TaskRecord] {
    try database.read(toDo: "read the tasks of run \(run)") { database in
      var usable: [TaskRecord] = []
      var known: Set<TaskName> = []
      var seen: Set<RunID> = []
      var next: RunID? = run
      while let run = next, seen.insert(run).inserted {
        for task in try database.tasks(of: run) where task.state.isUsable && known.insert(task.name).inserted {
          usable.append(task)
        }
        next = try database.row("SELECT resumed_from FROM run WHERE id = ?", [run.description])?
          .optionalRunID("resumed_from")
      }
      return usable
    }
  }

  /// What was done to a subject, in all runs, the latest first.
  ///
  /// - Throws: ``CatalogError``.
  public func tasks(onSubject subject: String, limit: Int = 100) throws -> [TaskRecord] {
    try database.read(toDo: "read the history of \(subject)") { database in
      try database.rows(
        """
        SELECT task.* FROM task JOIN run ON run.id = task.run WHERE subject = ?
        ORDER BY run.number DESC, task.ended DESC, task.job LIMIT ?
        """, [subject, limit]
      ).map(TaskRecord.init)
    }
  }

  /// How long each task of a schedule usually takes: the median of its last five successes, degraded ones included.
  ///
  /// With two or four of them the lower of the middle ones counts. Tasks that were taken over from an earlier run don't count.
  /// - Throws: ``CatalogError``.
  public func typicalDurations(ofSchedule schedule: String) throws -> [TaskName: Duration] {
    try database.read(toDo: "read how long tasks of \(schedule) take") { database in
      let rows = try database.rows(
        """
        SELECT job, subject, duration_ms FROM (
          SELECT job, subject, duration_ms,
            row_number() OVER (PARTITION BY job, subject ORDER BY run.number DESC) AS place
          FROM task JOIN run ON run.id = task.run
          WHERE run.schedule = ? AND task.state IN ('succeeded', 'degraded') AND attempts > 0 AND duration_ms NOT NULL)
        WHERE place <= 5 ORDER BY duration_ms
        """, [schedule])
      var durations: [TaskName: [Duration]] = [:]
      for row in rows {
        let name = TaskName(job: try row.text("job"), subject: try row.text("subject"))
        durations[name, default: []].append(try row.duration("duration_ms"))
      }
      return durations.mapValues { $0[($0.count - 1) / 2] }
    }
  }
}

extension Database {
  /// The tasks of a run, job by job.
  fileprivate func tasks(of run: RunID) throws -> [TaskRecord] {
    try rows(
      "SELECT * FROM task WHERE run = ? ORDER BY job, position IS NULL, position, subject", [run.description]
    ).map(TaskRecord.init)
  }
}
