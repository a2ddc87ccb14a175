import BackupModel
import HostSystem

/// The files of a catalog in its state directory.
///
/// The database file is never opened here: closing any descriptor of it would drop the locks that the database holds
/// on it in this process (POSIX record locks belong to the process and the inode).
struct CatalogFiles {
  /// The name of the database; its write-ahead log and its shared index have the endings of ``companions``.
  static let name = "catalog.sqlite"
  private static let unfinishedName = "catalog.sqlite.new"
  /// The last one is of use only while a database is made, before it has a write-ahead log.
  private static let companions = ["-wal", "-shm", "-journal"]

  private let directory: OpenFile
  /// The state directory.
  let path: String
  /// The database's path.
  var databasePath: String { "\(path)/\(Self.name)" }

  /// Opens the state directory.
  ///
  /// - Parameter making: makes it, and those above it, for the owner only, if they aren't there.
  /// - Throws: `SystemError`.
  init(directory path: String, making: Bool) throws(SystemError) {
    if making { try Self.makeDirectories(path) }
    directory = try OpenFile.open(Array(path.utf8), .directoryFollowing)
    self.path = path
  }

  private static func makeDirectories(_ path: String) throws(SystemError) {
    let root = try OpenFile.open([path.hasPrefix("/") ? 0x2F : 0x2E], .directoryFollowing)
    var made: PathBytes = path.hasPrefix("/") ? [0x2F] : []
    for component in path.split(separator: "/") {
      let parent = made
      made += (made.isEmpty || made.last == 0x2F ? [] : [0x2F]) + Array(component.utf8)
      if try exists(made, in: root) { continue }
      do throws(SystemError) {
        try root.makeDirectory(made, permissions: 0o700)
      } catch {
        // Another process may have made it since.
        if !error.isExisting { throw error }
      }
      try root.open(parent.isEmpty ? [0x2E] : parent, .directoryFollowing).synchronize()
    }
  }

  /// Runs `body` while no other process opens this catalog.
  func whileLocked<Result>(_ body: () throws -> Result) throws -> Result {
    try OpeningLock(in: directory).hold(body)
  }

  /// Whether the database is there, whatever it holds.
  func exists() throws(SystemError) -> Bool { try exists(Self.name) }

  private func exists(_ name: String) throws(SystemError) -> Bool { try Self.exists(Array(name.utf8), in: directory) }

  private static func exists(_ name: PathBytes, in directory: OpenFile) throws(SystemError) -> Bool {
    do throws(SystemError) {
      _ = try directory.status(of: name)
      return true
    } catch {
      if error.isMissing { return false }
      throw error
    }
  }

  /// Whether the database is shorter than one page, the smallest of which has 512 bytes.
  ///
  /// SQLite would take an empty file, or one of a single byte, for a new database and fill it.
  func isTooShort() throws(SystemError) -> Bool { try directory.status(of: Array(Self.name.utf8)).size < 512 }

  /// Makes a database under another name and gives it its own once it is complete, so that a crash never leaves half of one.
  ///
  /// - Parameter fill: makes the tables in the file of this path and closes it.
  func make(_ fill: (_ path: String) throws -> Void) throws {
    // A write-ahead log without its database would be taken for the new one's.
    for ending in Self.companions { try remove(Self.name + ending) }
    for ending in Self.companions + [""] { try remove(Self.unfinishedName + ending) }
    let name = Array(Self.unfinishedName.utf8)
    // Made here for the sake of its permissions, which SQLite gives to the companions too.
    try directory.open(name, .newFile(permissions: 0o600)).close()
    try fill("\(path)/\(Self.unfinishedName)")
    try directory.rename(name, to: Array(Self.name.utf8))
    try directory.synchronize()
  }

  private func remove(_ name: String) throws(SystemError) {
    do throws(SystemError) {
      try directory.unlink(Array(name.utf8))
    } catch {
      if !error.isMissing { throw error }
    }
  }

  /// Gives the database and its companions other names, durably.
  ///
  /// The log goes first: left alone by a crash it would be applied to the next database of this name.
  /// - Returns: the database's new name.
  func moveAside(at time: Timestamp) throws(SystemError) -> String {
    let first = "\(Self.name).damaged-\(RecoveryPointID(begun: time))"
    var target = first
    var ordinal = 1
    while try exists(target) {
      ordinal += 1
      target = "\(first)-\(ordinal)"
    }
    for ending in Self.companions + [""] where try exists(Self.name + ending) {
      try directory.rename(Array((Self.name + ending).utf8), to: Array((target + ending).utf8))
      try directory.synchronize()
    }
    return target
  }
}
