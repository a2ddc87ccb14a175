import BackupModel
import GRDB
public import HostSystem

extension Catalog {
  /// Opens the catalog of a state directory, for reading and writing, and makes what isn't there.
  ///
  /// Directories are made for the owner only (0700, the database 0600). A catalog that is damaged is moved aside to
  /// `catalog.sqlite.damaged-TIME`, a new one is made, and ``note`` says so.
  ///
  /// Each opening reads the whole database once (`PRAGMA quick_check`), whether or not it was closed properly. SQLite finds
  /// damage only when it comes upon it, and in the middle of a run that would end the run, since a step that can't be
  /// recorded isn't performed; a file that its disk damaged was most likely closed properly before. The price is a
  /// sequential read of some megabytes at the start of a run that lasts minutes to hours. ``openForReading(directory:clock:)``,
  /// which monitoring may call each minute, doesn't pay it.
  ///
  /// - Throws: ``CatalogError`` `tooNew` for a catalog of a newer version, which is left as it is; `busy`, `full`,
  ///   `notWritable`, `notReadable`.
  public static func open(directory: String, clock: any HostClock) throws -> Catalog {
    do {
      let files = try CatalogFiles(directory: directory, making: true)
      return try files.whileLocked { try open(files, clock: clock) }
    } catch {
      throw CatalogError(error, doing: "open the catalog", in: directory)
    }
  }

  /// Opens the catalog for reading only, and makes nothing.
  ///
  /// A catalog of an older version is upgraded first, as ``open(directory:clock:)`` would do it.
  ///
  /// - Returns: nil if there is no catalog.
  /// - Throws: ``CatalogError`` `tooNew`, `damaged`, `notReadable`.
  public static func openForReading(directory: String, clock: any HostClock) throws -> Catalog? {
    do {
      guard try exists(in: directory) else { return nil }
      let files = try CatalogFiles(directory: directory, making: false)
      guard try !files.isTooShort() else { throw damaged(directory, "it is too short") }
      let database = try CatalogDatabase(path: files.databasePath, directory: directory, readOnly: true)
      guard try database.isCatalog() else { throw damaged(directory, "it isn't a catalog") }
      if try database.isTooNew() { throw tooNew(directory) }
      if try database.isUpToDate() { return Catalog(database, clock: clock, isNew: false, note: nil) }
      try database.close()
      let upgraded = try open(directory: directory, clock: clock)
      try upgraded.close()
      return Catalog(
        try CatalogDatabase(path: files.databasePath, directory: directory, readOnly: true), clock: clock,
        isNew: upgraded.isNew, note: upgraded.note)
    } catch let error as DatabaseError where error.isDamage {
      throw damaged(directory, error.message ?? "it isn't a database")
    } catch {
      throw CatalogError(error, doing: "read the catalog", in: directory)
    }
  }

  private static func exists(in directory: String) throws -> Bool {
    do throws(SystemError) {
      return try CatalogFiles(directory: directory, making: false).exists()
    } catch {
      if error.isMissing { return false }
      throw error
    }
  }

  private static func open(_ files: CatalogFiles, clock: any HostClock) throws -> Catalog {
    guard try files.exists() else {
      return Catalog(try makeNew(files), clock: clock, isNew: true, note: nil)
    }
    switch try examine(files) {
    case .whole(let database): return Catalog(database, clock: clock, isNew: false, note: nil)
    case .damaged(let why):
      let name = try files.moveAside(at: clock.now())
      let note =
        "the catalog in \(files.path) was damaged (\(why)) and was moved aside as \(name); a new one was made. "
        + "No backup is lost; the history of runs begins anew"
      return Catalog(try makeNew(files), clock: clock, isNew: true, note: note)
    }
  }

  private enum Examination {
    case whole(CatalogDatabase)
    case damaged(String)
  }

  /// Looks at the database without changing it, then opens it for writing if it is as it should be.
  private static func examine(_ files: CatalogFiles) throws -> Examination {
    if try files.isTooShort() { return .damaged("it is too short") }
    do {
      let reading = try CatalogDatabase(path: files.databasePath, directory: files.path, readOnly: true)
      guard try reading.isCatalog() else { return .damaged("it isn't a catalog") }
      if try reading.isTooNew() { throw tooNew(files.path) }
      if let damage = try reading.firstDamage() { return .damaged(damage) }
      let database = try CatalogDatabase(path: files.databasePath, directory: files.path, readOnly: false)
      try reading.close()
      try database.migrate()
      return .whole(database)
    } catch let error as DatabaseError where error.isDamage {
      return .damaged(error.message ?? "it isn't a database")
    }
  }

  private static func makeNew(_ files: CatalogFiles) throws -> CatalogDatabase {
    try files.make { path in
      let database = try CatalogDatabase(path: path, directory: files.path, readOnly: false)
      try database.migrate()
      try database.close()
    }
    return try CatalogDatabase(path: files.databasePath, directory: files.path, readOnly: false)
  }

  private static func tooNew(_ directory: String) -> CatalogError {
    CatalogError(
      .tooNew, "cannot open the catalog in \(directory): a newer version of this program wrote it",
      hint:
        "use the newer version again, or move \(directory)/\(CatalogFiles.name) away: it costs the history of runs, no backup"
    )
  }

  private static func damaged(_ directory: String, _ why: String) -> CatalogError {
    CatalogError(
      .damaged, "cannot read the catalog in \(directory): it is damaged", cause: why, hint: CatalogError.damageHint)
  }
}

extension DatabaseError {
  /// Whether the file isn't what it should be, or its medium can't be read: nothing that trying again would mend.
  fileprivate var isDamage: Bool {
    switch extendedResultCode {
    case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_IOERR_READ, .SQLITE_IOERR_SHORT_READ: true
    default: false
    }
  }
}
