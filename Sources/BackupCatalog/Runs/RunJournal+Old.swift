import BackupModel
import GRDB
import HostSystem

extension RunJournal {
  /// Forgets old runs with their jobs, tasks and steps.
  ///
  /// A run stays if it is one of the last `count` of its schedule, if it is younger than `age`, or if it is running.
  /// - Returns: how many runs were forgotten.
  /// - Throws: ``CatalogError``.
  public func forgetOld(keepingLast count: Int = 100, youngerThan age: Duration = .seconds(400 * 86_400)) throws -> Int
  {
    let oldest = clock.now().adding(seconds: -age.components.seconds)
    return try database.write(toDo: "forget old runs") { database in
      try database.run(
        """
        DELETE FROM run WHERE begun < ?1 AND state <> 'running' AND number NOT IN (
          SELECT number FROM (
            SELECT number, row_number() OVER (PARTITION BY schedule ORDER BY number DESC) AS place FROM run)
          WHERE place <= ?2)
        """, [oldest.description, count])
      return database.changesCount
    }
  }
}
