public import BackupModel

/// What was taken out of use and isn't removed yet: points and packs that a reader may still be reading.
///
/// A file lies in the source's `trash` under its own name, preceded by the time at which it was taken out of use
/// (`docs/format.md`, section 11). Nothing is removed before its grace has passed.
public struct Trash: Sendable {
  /// A file in the trash.
  public struct Item: Hashable, Sendable {
    /// When it was taken out of use.
    public let time: Timestamp
    /// The name that it had.
    public let name: String

    /// The name that it has.
    var fileName: String { "\(RecoveryPointID(begun: time))-\(name)" }

    init(time: Timestamp, name: String) {
      self.time = time
      self.name = name
    }

    /// Nil if the name isn't one that the trash gives.
    init?(fileName: String) {
      guard let dash = fileName.firstIndex(of: "-"), let stamp = RecoveryPointID(parsing: fileName[..<dash]),
        stamp.ordinal == 1
      else { return nil }
      self.init(time: stamp.begun, name: String(fileName[fileName.index(after: dash)...]))
    }
  }

  private let store: SourceStore

  init(_ store: SourceStore) { self.store = store }

  /// What is in it, the oldest first.
  ///
  /// - Throws: ``RepositoryError`` `readFailed`.
  public func items() throws -> [Item] {
    (try store.storage.list(store.trashPath) ?? []).compactMap(Item.init(fileName:))
      .sorted { ($0.time, $0.name) < ($1.time, $1.name) }
  }

  /// Bytes of an item; nil if it is gone meanwhile.
  ///
  /// - Throws: ``RepositoryError`` `readFailed`.
  public func bytes(of item: Item) throws -> Int64? {
    guard try store.storage.list(store.trashPath)?.contains(item.fileName) == true else { return nil }
    return try store.storage.open(path(of: item)).status().size
  }

  /// How many files are in it, and their bytes.
  ///
  /// - Throws: ``RepositoryError`` `readFailed`.
  public func size() throws -> (files: Int, bytes: Int64) {
    try items().reduce((0, 0)) { sum, item in
      guard let bytes = try bytes(of: item) else { return sum }
      return (sum.0 + 1, sum.1 + bytes)
    }
  }

  /// The points in it that may still be read, and so must still be whole.
  ///
  /// - Parameter since: those taken out of use before that count no more.
  /// - Throws: ``RepositoryError``.
  func points(since: Timestamp) throws -> [RecoveryPoint] {
    try items().compactMap { item in
      guard item.time >= since, item.name.hasSuffix(".json"),
        let bytes = try store.storage.read(path(of: item), limit: PointFile.limit)
      else { return nil }
      // One that can't be read has no reader either.
      return try? PointFile.decode(bytes, name: item.name)
    }
  }

  /// Where a file of that name is, if it was taken out of use.
  func path(ofName name: String) throws -> String? {
    try items().last { $0.name == name }.map(path(of:))
  }

  private func path(of item: Item) -> String { "\(store.trashPath)/\(item.fileName)" }

  /// Takes a file out of use, and lifts its protection. The caller holds the lock, and synchronizes both directories when all are moved.
  ///
  /// - Throws: ``RepositoryError`` `writeFailed`; then the file is where it was.
  func take(_ name: String, from directory: String, at now: Timestamp, _: SourceLock) throws {
    try store.storage.protect("\(directory)/\(name)", .none)
    try store.storage.rename(
      "\(directory)/\(name)", to: path(of: Item(time: now.wholeSecond, name: name)))
  }

  /// Removes what was taken out of use long enough ago. The caller holds the lock.
  ///
  /// - Parameter before: what was taken out of use earlier than this.
  /// - Returns: how many files were removed, and their bytes.
  /// - Throws: ``RepositoryError`` `writeFailed`.
  @discardableResult func purge(before limit: Timestamp, _: SourceLock) throws -> (files: Int, bytes: Int64) {
    var removed: (files: Int, bytes: Int64) = (0, 0)
    for item in try items() where item.time < limit {
      let path = path(of: item)
      let size = try store.storage.open(path).status().size
      try store.storage.remove(path)
      removed.files += 1
      removed.bytes += size
    }
    if removed.files > 0 { try store.storage.synchronizeDirectory(store.trashPath) }
    return removed
  }
}

extension SourceStore {
  /// What was taken out of use and isn't removed yet.
  public var trash: Trash { Trash(self) }
}

extension Timestamp {
  /// The second in which the instant lies.
  fileprivate var wholeSecond: Timestamp { Timestamp(seconds: seconds) }
}
