public import BackupArchive
public import BackupModel
import HostSystem

/// The store of one source in a repository: its points, packs and lock.
public struct SourceStore: Sendable {
  /// The source.
  public let source: SourceID
  /// The id of the repository.
  public let repositoryID: String
  let storage: any RepositoryStorage
  let path: String

  init(source: SourceID, repositoryID: String, storage: any RepositoryStorage) {
    self.source = source
    self.repositoryID = repositoryID
    self.storage = storage
    path = "sources/\(source)"
  }

  var pointsPath: String { "\(path)/points" }
  var packsPath: String { "\(path)/packs" }
  var trashPath: String { "\(path)/trash" }

  // MARK: - Points

  /// The points, oldest first.
  public func pointIDs() throws -> [RecoveryPointID] {
    (try storage.list(pointsPath) ?? [])
      .compactMap { $0.hasSuffix(".json") ? RecoveryPointID(parsing: $0.dropLast(5)) : nil }.sorted()
  }

  /// Reads a point.
  ///
  /// - Throws: ``RepositoryError`` `noSuchPoint`, `damaged`, `formatTooNew`.
  public func point(_ id: RecoveryPointID) throws -> RecoveryPoint {
    guard let bytes = try storage.read("\(pointsPath)/\(id).json", limit: PointFile.limit) else {
      throw RepositoryError(.noSuchPoint, "cannot open the point \(id) of \(source): there is none")
    }
    let point = try PointFile.decode(bytes, name: "\(id) of \(source)")
    guard point.id == id else {
      throw RepositoryError(
        .damaged, "cannot read the point \(id) of \(source): the file holds the point \(point.id)",
        hint: "rename the file to \(point.id).json")
    }
    return point
  }

  /// Reads a point that was listed a moment ago; nil if it was forgotten since.
  ///
  /// - Throws: ``RepositoryError`` `damaged`, `formatTooNew`.
  public func pointIfThere(_ id: RecoveryPointID) throws -> RecoveryPoint? {
    do {
      return try point(id)
    } catch let error as RepositoryError where error.code == .noSuchPoint {
      return nil
    }
  }

  /// The newest point that can be read and isn't suspicious, or nil.
  ///
  /// - Parameter unreadable: called with the points that were passed over because they can't be read.
  public func latestGoodPoint(unreadable: (RecoveryPointID, any Error) -> Void) throws -> RecoveryPoint? {
    var newestSuspicious: RecoveryPoint?
    for id in try pointIDs().reversed() {
      do {
        let point = try point(id)
        if point.isGood { return point }
        newestSuspicious = newestSuspicious ?? point
      } catch {
        unreadable(id, error)
      }
    }
    return newestSuspicious
  }

  /// The newest checkpoint of an unfinished first archive, or nil.
  func latestCheckpoint() throws -> RecoveryPoint? {
    for name in try checkpointNames().reversed() {
      guard let bytes = try storage.read("\(pointsPath)/\(name)", limit: PointFile.limit) else { continue }
      // A checkpoint only saves work: one that can't be read is as good as none, and the archive reads anew.
      if let point = try? PointFile.decode(bytes, name: name) { return point }
    }
    return nil
  }

  func checkpointNames() throws -> [String] {
    (try storage.list(pointsPath) ?? []).filter { $0.hasSuffix(".checkpoint") }
  }

  // MARK: - Packs

  /// The packs, in the order in which they were written.
  public func packNames() throws -> [PackName] {
    (try storage.list(packsPath) ?? []).compactMap(PackName.init(fileName:)).sorted()
  }

  /// Opens a pack.
  ///
  /// - Throws: ``RepositoryError`` `damaged` if it isn't a whole pack; `readFailed`.
  public func openPack(_ name: PackName) throws -> PackReader {
    do {
      return try PackReader(try openPackFile(name))
    } catch let error as ArchiveError {
      throw RepositoryError(
        .damaged, "cannot read pack \(name) of \(source): \(error.message)", cause: error.cause,
        hint: "run `backupctl check \(source.name)` to see which points and paths are affected")
    } catch let error as SystemError {
      throw RepositoryError.reading("pack \(name) of \(source)", error)
    }
  }

  /// A pack that was taken out of use since the caller learnt of it is still read, from the trash.
  private func openPackFile(_ name: PackName) throws -> OpenFile {
    do {
      return try storage.open("\(packsPath)/\(name.fileName)")
    } catch {
      guard let path = try trash.path(ofName: name.fileName) else { throw error }
      return try storage.open(path)
    }
  }

  /// A reader of chunks in the packs that are there now.
  ///
  /// - Parameter keepsTables: whether tables of contents are kept in memory, for many lookups.
  public func chunkReader(keepsTables: Bool) throws -> ChunkReader {
    try ChunkReader(store: self, keepsTables: keepsTables)
  }

  /// Bytes of all packs.
  public func packBytes() throws -> ByteCount {
    try packNames().reduce(ByteCount.zero) { sum, name in
      sum + ByteCount(try storage.open("\(packsPath)/\(name.fileName)").status().size)
    }
  }

  // MARK: - Writing

  /// Takes the lock that writers need, after making the store's directories.
  ///
  /// - Parameter purpose: what it is taken for, as in `cannot <purpose> tree/etc`.
  /// - Throws: ``RepositoryError`` `busy`, `writeFailed`.
  public func lock(holder: String, to purpose: String = "archive") throws -> SourceLock {
    try storage.makeDirectories(pointsPath)
    try storage.makeDirectories(packsPath)
    return try SourceLock(
      storage: storage, path: "\(path)/lock", purpose: "\(purpose) \(source)", holder: holder)
  }

  /// Removes what an interrupted writer left unfinished. The caller holds the lock.
  func removeUnfinished(_: SourceLock) throws {
    for directory in [pointsPath, packsPath] {
      for name in try storage.list(directory) ?? [] where name.hasSuffix(".part") {
        try storage.remove("\(directory)/\(name)")
      }
    }
  }

  /// The id of a point begun now: no point and no pack bears it, or is known to have borne it.
  func newPointID(begun: Timestamp) throws -> RecoveryPointID {
    var id = RecoveryPointID(begun: begun)
    let taken = Set(try pointIDs() + packNames().map(\.point))
    // A history that can't be read must not keep anybody from archiving.
    while taken.contains(id) || (try? attestations.mentions("\(id)")) == true {
      id = RecoveryPointID(begun: begun, ordinal: id.ordinal + 1)
    }
    return id
  }
}
