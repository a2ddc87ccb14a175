import BackupModel
import FoundationEssentials
import HostSystem

/// The journals of restores in place: a file for each, `restores/ID.json` in the state directory.
///
/// It is no part of the catalog, which may be lost: whoever has lost a journal has lost the way back. A file is replaced as a
/// whole and is on the medium before the step that it speaks of begins.
public struct RestoreJournal: Sendable {
  private static let ending = ".json"
  private static let limit = 64 << 20
  private let directory: OpenFile
  private let holder: String

  /// Opens the journals in a state directory, made if they aren't there.
  ///
  /// - Parameters:
  ///   - state: the state directory.
  ///   - holder: what this process writes into the locks that it holds.
  /// - Throws: ``EngineError`` `restoreFailed`.
  public init(state: String, holder: String) throws {
    self.holder = holder
    do throws(SystemError) {
      let root = try OpenFile.open([state.hasPrefix("/") ? 0x2F : 0x2E], .directoryFollowing)
      var opened = root
      for name in "\(state)/restores".split(separator: "/") { opened = try Self.openOrMake(name, in: opened) }
      directory = opened
    } catch {
      throw Self.unusable(state, error)
    }
  }

  private init(directory: OpenFile) {
    self.directory = directory
    holder = ""
  }

  /// Opens the journals for reading; nil if there are none yet.
  public static func openForReading(state: String) throws -> RestoreJournal? {
    do throws(SystemError) {
      return RestoreJournal(directory: try OpenFile.open(PathBytes(path: "\(state)/restores"), .directoryFollowing))
    } catch {
      if error.isMissing { return nil }
      throw unusable(state, error)
    }
  }

  private static func openOrMake(_ name: Substring, in directory: OpenFile) throws(SystemError) -> OpenFile {
    let name = PathBytes(name.utf8)
    do throws(SystemError) {
      return try directory.open(name, .directoryFollowing)
    } catch {
      guard error.isMissing else { throw error }
    }
    do throws(SystemError) {
      try directory.makeDirectory(name, permissions: 0o700)
    } catch {
      // Another process may have made it since.
      guard error.isExisting else { throw error }
    }
    try directory.synchronize()
    return try directory.open(name, .directoryFollowing)
  }

  private static func unusable(_ state: String, _ error: SystemError) -> EngineError {
    EngineError(
      .restoreFailed, "cannot keep the journal of restores in \(state): \(error.reason)", cause: error.cause,
      hint: "nothing was changed; give a directory that can be written with `--state DIR`")
  }

  // MARK: - Records

  /// All restores, the oldest first.
  ///
  /// - Throws: ``EngineError`` `restoreFailed` for a journal that can't be read: what it keeps must not drop out of sight.
  public func records() throws -> [RestoreRecord] {
    let names = try attempt("list the restores") { () throws(SystemError) in try directory.names() }
    return try names.compactMap { name -> RestoreID? in
      let text = String(decoding: name, as: UTF8.self)
      return text.hasSuffix(Self.ending) ? RestoreID(parsing: text.dropLast(Self.ending.count)) : nil
    }.sorted().map(record)
  }

  /// One restore.
  public func record(_ id: RestoreID) throws -> RestoreRecord {
    let path = "\(directory.path)/\(id)\(Self.ending)"
    let bytes = try attempt("read the journal \(path)") { () throws(SystemError) in
      try directory.open(PathBytes(path: "\(id)\(Self.ending)"), .readOwn).contents(at: 0, count: Self.limit)
    }
    do {
      let record = try JSONDecoder().decode(RestoreRecord.self, from: Data(bytes))
      guard record.format <= RestoreRecord.knownFormat else {
        throw EngineError(
          .restoreFailed, "cannot read the journal \(path): it has format \(record.format)",
          hint: "install a newer backupctl")
      }
      return record
    } catch let error as DecodingError {
      throw EngineError(
        .restoreFailed, "cannot read the journal \(path): it is damaged", cause: "\(error)",
        hint:
          "what it kept is beside its tree, as `.backupctl-restore-\(id)-1`; once that is looked after: `mv \(path) \(path).damaged`"
      )
    }
  }

  /// A later restore of what is in the same directory, one that stays, which isn't taken back.
  func laterRestore(of record: RestoreRecord) throws -> RestoreID? {
    let roots = record.parts.filter { $0.root != nil }.map(\.live)
    guard !roots.isEmpty else { return nil }
    return try records().last { later in
      later.id > record.id
        && later.parts.contains {
          $0.root != nil && roots.contains($0.live) && [.exchanging, .exchanged, .undoing].contains($0.state)
        }
    }?.id
  }

  /// Puts a record onto the medium in place of the one before.
  func store(_ record: RestoreRecord) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
    let bytes = Array(try encoder.encode(record)) + [0x0A]
    try attempt("write the journal of the restore \(record.id)") { () throws(SystemError) in
      try directory.replaceFile(PathBytes(path: "\(record.id)\(Self.ending)"), with: bytes, permissions: 0o600)
    }
  }

  /// A name that no restore has yet. Only for whoever holds ``lock()``.
  func newID(at now: Timestamp) throws -> RestoreID {
    let taken = Set(try records().map(\.id))
    var ordinal = 1
    while taken.contains(RestoreID(begun: now, ordinal: ordinal)) { ordinal += 1 }
    return RestoreID(begun: now, ordinal: ordinal)
  }

  // MARK: - Locks

  /// The lock under which restores are begun; held for moments only.
  func lock() throws -> FileLock { try lock("lock", "begin a restore", "another one is being begun") }

  /// The lock of a restore: whoever holds it works on it.
  func lock(_ id: RestoreID) throws -> FileLock {
    try lock("\(id).lock", "work on the restore \(id)", "another process does")
  }

  /// Whether a process works on a restore now.
  public func isRunning(_ id: RestoreID) throws -> Bool {
    try attempt("look at the restore \(id)") { () throws(SystemError) in
      do throws(SystemError) {
        let file = try directory.open(PathBytes(path: "\(id).lock"), .readOwn)
        guard try file.tryLock(exclusive: false) else { return true }
        file.unlock()
        return false
      } catch {
        if error.isMissing { return false }
        throw error
      }
    }
  }

  private func lock(_ name: String, _ what: String, _ why: String) throws -> FileLock {
    let file = try attempt(what) { () throws(SystemError) in
      try directory.open(PathBytes(path: name), .openOrCreate(permissions: 0o600))
    }
    let lock = try attempt(what) { () throws(SystemError) in try FileLock.take(file, holder: holder) }
    guard let lock else {
      let other = FileLock.holder(of: file)
      throw EngineError(
        .busy, "cannot \(what): \(why)", cause: other.isEmpty ? nil : "held by \(other)",
        hint: "wait until it has ended; `backupctl restore list` shows it")
    }
    return lock
  }

  private func attempt<Result>(_ what: String, _ body: () throws(SystemError) -> Result) throws -> Result {
    do throws(SystemError) {
      return try body()
    } catch {
      throw EngineError(.restoreFailed, "cannot \(what): \(error.reason)", cause: error.cause)
    }
  }
}
