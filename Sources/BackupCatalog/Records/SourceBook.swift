public import BackupModel
import GRDB

/// The last attempts of each source: what `status` and the metrics derive ages from.
public struct SourceBook: Sendable {
  let database: CatalogDatabase

  /// Records how attempts ended, all together.
  ///
  /// One that is older than what is known of its source changes only what it is newer in.
  /// - Throws: ``CatalogError``.
  public func record(_ attempts: [SourceAttempt]) throws {
    guard !attempts.isEmpty else { return }
    try database.write(toDo: "record attempts of sources") { database in
      for attempt in attempts { try database.record(attempt) }
    }
  }

  /// What is known of a source; nil if it was never attempted.
  ///
  /// - Throws: ``CatalogError``.
  public func source(_ source: SourceID) throws -> SourceRecord? {
    try database.read(toDo: "read what is known of \(source)") { database in
      try database.row("SELECT * FROM source WHERE source = ?", [source.description]).map { try SourceRecord($0) }
    }
  }

  /// What is known of all sources, sorted by name.
  ///
  /// - Throws: ``CatalogError``.
  public func all() throws -> [SourceRecord] {
    try database.read(toDo: "read what is known of sources") { database in
      try database.rows("SELECT * FROM source ORDER BY source").map(SourceRecord.init)
    }
  }

  /// Fills in what the repository knows: when each source's newest point was made.
  ///
  /// It never replaces a newer success, and leaves attempts alone, which a repository knows nothing of.
  /// - Returns: how many sources were new or had an older success.
  /// - Throws: ``CatalogError``.
  @discardableResult
  public func refill(_ lastSuccesses: [SourceID: Timestamp]) throws -> Int {
    try database.write(toDo: "fill in what the repository knows") { database in
      var changed = 0
      for (source, time) in lastSuccesses {
        try database.run(
          """
          INSERT INTO source (source, succeeded, message, warnings) VALUES (?, ?, '', 0)
          ON CONFLICT DO UPDATE SET succeeded = excluded.succeeded
            WHERE succeeded IS NULL OR succeeded < excluded.succeeded
          """, [source.description, time.description])
        changed += database.changesCount
      }
      return changed
    }
  }

  /// Notes which sources are declared, those that weren't known as declared since now.
  ///
  /// - Throws: ``CatalogError``.
  public func noteDeclared(_ sources: [SourceID], at time: Timestamp) throws {
    try database.write(toDo: "note the declared sources") { database in
      for source in sources {
        try database.run(
          """
          INSERT INTO source (source, declared, message, warnings) VALUES (?, ?, '', 0)
          ON CONFLICT DO UPDATE SET declared = excluded.declared WHERE declared IS NULL
          """, [source.description, time.description])
      }
    }
  }

  /// Forgets a source, as when it was taken out of the configuration.
  ///
  /// - Throws: ``CatalogError``.
  public func forget(_ source: SourceID) throws {
    try database.write(toDo: "forget \(source)") { database in
      try database.run("DELETE FROM source WHERE source = ?", [source.description])
    }
  }
}

extension Database {
  fileprivate func record(_ attempt: SourceAttempt) throws {
    let source = attempt.source.description
    let at = attempt.at.description
    try run("INSERT INTO source (source, message, warnings) VALUES (?, '', 0) ON CONFLICT DO NOTHING", [source])
    switch attempt.outcome {
    case .succeeded, .degraded:
      try run(
        """
        UPDATE source SET succeeded = max(coalesce(succeeded, ?2), ?2),
          failing_since = CASE WHEN attempted IS NULL OR attempted <= ?2 THEN NULL ELSE failing_since END
        WHERE source = ?1
        """, [source, at])
    case .failed, .timedOut, .died:
      try run(
        """
        UPDATE source SET failing_since = CASE WHEN failing_since IS NULL OR failing_since > ?2 THEN ?2 ELSE failing_since END
        WHERE source = ?1 AND (succeeded IS NULL OR succeeded < ?2)
        """, [source, at])
    case .waiting, .expanding, .running, .skipped, .cancelled: break
    }
    try run(
      """
      UPDATE source SET attempted = ?, outcome = ?, message = ?, run = ?, duration_ms = ?, read_bytes = ?, stored_bytes = ?,
        warnings = ?
      WHERE source = ? AND (attempted IS NULL OR attempted <= ?)
      """,
      [
        at, attempt.outcome.rawValue, attempt.message, attempt.run?.description, attempt.duration.milliseconds,
        attempt.read.bytes, attempt.stored.bytes, attempt.warnings, source, at,
      ])
  }
}
