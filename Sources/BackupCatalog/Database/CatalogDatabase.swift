import GRDB

/// The one connection of a catalog, with the settings that its guarantees rest on.
///
/// A `DatabaseQueue` and not a `DatabasePool`: commits come one after the other anyway, reads are few and short, and a pool
/// opens further connections by path whenever it likes, which after the file was moved aside would be another file.
final class CatalogDatabase: Sendable {
  /// The state directory, for messages.
  let directory: String
  private let queue: DatabaseQueue

  /// How long a connection waits for another process. Commits take milliseconds; only housekeeping takes longer.
  static let secondsToWait = 30.0

  /// Opens the file; for writing it is made if it isn't there.
  ///
  /// - Throws: what the database throws.
  init(path: String, directory: String, readOnly: Bool) throws {
    var configuration = Configuration()
    configuration.label = "catalog"
    configuration.readonly = readOnly
    configuration.foreignKeysEnabled = true
    configuration.busyMode = .timeout(Self.secondsToWait)
    configuration.prepareDatabase { database in
      // A large statement must not need a place for temporary files, which a confined service may lack.
      try database.execute(sql: "PRAGMA temp_store = MEMORY")
      guard !readOnly else { return }
      // Not through GRDB's own switch, which sets `synchronous` to NORMAL and commits a table made and dropped.
      let mode = try String.fetchOne(database, sql: "PRAGMA journal_mode = WAL")
      guard mode == "wal" else {
        throw DatabaseError(resultCode: .SQLITE_CANTOPEN, message: "no write-ahead log in this file system")
      }
      // With a write-ahead log FULL means that each commit waits for the medium.
      try database.execute(sql: "PRAGMA synchronous = FULL")
    }
    self.directory = directory
    queue = try DatabaseQueue(path: path, configuration: configuration)
  }

  /// Runs `body` in a transaction that is on the medium when this returns, or not at all.
  func write<Result>(toDo action: @autoclosure () -> String, _ body: (Database) throws -> Result) throws -> Result {
    do {
      return try queue.write(body)
    } catch {
      throw CatalogError(error, doing: "\(action()) in the catalog", in: directory)
    }
  }

  /// Runs `body` on a consistent state.
  func read<Result>(toDo action: @autoclosure () -> String, _ body: (Database) throws -> Result) throws -> Result {
    do {
      return try queue.read(body)
    } catch {
      throw CatalogError(error, doing: "\(action()) in the catalog", in: directory)
    }
  }

  /// Whether this program made the database, as any whole one of this name was.
  func isCatalog() throws -> Bool { try queue.read { try !CatalogSchema.migrator.appliedIdentifiers($0).isEmpty } }

  /// Whether a newer program has added to the schema.
  func isTooNew() throws -> Bool { try queue.read { try CatalogSchema.migrator.hasBeenSuperseded($0) } }

  /// Whether the schema is this program's.
  func isUpToDate() throws -> Bool { try queue.read { try CatalogSchema.migrator.hasCompletedMigrations($0) } }

  /// Brings the schema up to date.
  func migrate() throws { try CatalogSchema.migrator.migrate(queue) }

  /// The first thing that `PRAGMA quick_check` complains of; nil if the file is whole.
  func firstDamage() throws -> String? {
    let found = try queue.read { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") }
    return found == "ok" ? nil : found ?? "quick_check gives no answer"
  }

  /// Closes the connection; the last one to close takes the write-ahead log along.
  func close() throws { try queue.close() }
}

extension Database {
  /// Executes a statement, which is compiled once for each connection.
  func run(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws {
    try cachedStatement(sql: sql).execute(arguments: arguments)
  }

  /// All rows of a query, which is compiled once for each connection.
  func rows(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws -> [Row] {
    try Row.fetchAll(cachedStatement(sql: sql), arguments: arguments)
  }

  /// The first row of a query.
  func row(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws -> Row? {
    try Row.fetchOne(cachedStatement(sql: sql), arguments: arguments)
  }
}
