import GRDB

/// The tables, as steps that bring any older catalog up to date.
///
/// A step that was released is never changed: a new one follows. Its name stays in the catalog, and a program that
/// finds a name it doesn't know refuses the catalog.
enum CatalogSchema {
  static let migrator: DatabaseMigrator = {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1-journal") { try $0.execute(sql: journal) }
    migrator.registerMigration("2-leases-and-records") { try $0.execute(sql: records) }
    migrator.registerMigration("3-answers") { try $0.execute(sql: answers) }
    return migrator
  }()

  /// Runs are ordered by number, not by time: a host whose clock lost its battery begins a run in 1970.
  /// Times are RFC 3339 in UTC, which sorts as text; durations are milliseconds; lists and maps are JSON.
  private static let journal = """
    CREATE TABLE run (
      number INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      schedule TEXT NOT NULL,
      schedule_file TEXT NOT NULL,
      tool TEXT NOT NULL,
      host TEXT NOT NULL,
      pid INTEGER NOT NULL,
      process_started INTEGER NOT NULL,
      boot TEXT NOT NULL,
      repository TEXT,
      resumed_from TEXT,
      begun TEXT NOT NULL,
      ended TEXT,
      state TEXT NOT NULL,
      message TEXT NOT NULL
    ) STRICT;
    CREATE INDEX run_by_schedule ON run(schedule, number);

    CREATE TABLE job (
      run TEXT NOT NULL REFERENCES run(id) ON DELETE CASCADE,
      name TEXT NOT NULL,
      position INTEGER NOT NULL,
      state TEXT NOT NULL,
      message TEXT NOT NULL,
      PRIMARY KEY (run, name)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE task (
      run TEXT NOT NULL REFERENCES run(id) ON DELETE CASCADE,
      job TEXT NOT NULL,
      subject TEXT NOT NULL,
      position INTEGER,
      state TEXT NOT NULL,
      attempts INTEGER NOT NULL,
      begun TEXT,
      ended TEXT,
      duration_ms INTEGER,
      message TEXT NOT NULL,
      details TEXT NOT NULL,
      results TEXT NOT NULL,
      parameters TEXT NOT NULL,
      PRIMARY KEY (run, job, subject)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX task_by_subject ON task(subject, run);

    CREATE TABLE step (
      run TEXT NOT NULL REFERENCES run(id) ON DELETE CASCADE,
      sequence INTEGER NOT NULL,
      elapsed_ms INTEGER NOT NULL,
      kind TEXT NOT NULL,
      content TEXT NOT NULL,
      PRIMARY KEY (run, sequence)
    ) STRICT, WITHOUT ROWID;
    """

  /// A lease names its run without a reference: it must outlive what housekeeping forgets.
  private static let records = """
    CREATE TABLE lease (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      kind TEXT NOT NULL,
      subject TEXT NOT NULL,
      details TEXT NOT NULL,
      run TEXT,
      pid INTEGER NOT NULL,
      process_started INTEGER NOT NULL,
      boot TEXT NOT NULL,
      acquired TEXT NOT NULL,
      UNIQUE (kind, subject)
    ) STRICT;

    CREATE TABLE pause (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      since TEXT NOT NULL,
      until TEXT NOT NULL,
      reason TEXT NOT NULL,
      who TEXT NOT NULL,
      ended TEXT
    ) STRICT;

    CREATE TABLE announcement (
      target TEXT NOT NULL,
      schedule TEXT NOT NULL,
      state TEXT NOT NULL,
      announced TEXT NOT NULL,
      PRIMARY KEY (target, schedule)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE source (
      source TEXT NOT NULL PRIMARY KEY,
      declared TEXT,
      attempted TEXT,
      outcome TEXT,
      message TEXT NOT NULL,
      run TEXT,
      succeeded TEXT,
      failing_since TEXT,
      duration_ms INTEGER,
      read_bytes INTEGER,
      stored_bytes INTEGER,
      warnings INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    """

  private static let answers = """
    CREATE TABLE answer (
      question TEXT NOT NULL PRIMARY KEY,
      answered TEXT NOT NULL,
      content TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    """
}
