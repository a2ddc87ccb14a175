public import BackupRepository
import HostSystem

/// The difference between two points: a merge of two indexes in which blocks that both share are skipped unread.
///
/// It costs what differs, not what exists: the blocks above the leaves are compared first, and equal ones hide
/// everything below them. Not thread-safe.
public struct PointDifference {
  private struct OpenEntry {
    var path: PathBytes
    var old: ArraySlice<UInt8>?
    var new: ArraySlice<UInt8>?
    /// Whether further extents of a file differ.
    var hasOtherExtents = false
  }

  private let oldReader: IndexReader
  private let newReader: IndexReader
  private var old: IndexPosition
  private var new: IndexPosition
  private var open: OpenEntry?
  /// How many blocks were skipped because both indexes hold them; each with all that is below it.
  public private(set) var blocksSkipped = 0
  /// How many blocks of both indexes were read.
  public var blocksRead: Int { old.blocksRead + new.blocksRead }

  /// Prepares the comparison of two points, of the same source or of two.
  ///
  /// - Throws: `RepositoryError` `damaged` if a point names an impossible index; what listing the packs throws.
  public init(from old: (store: SourceStore, point: RecoveryPoint), to new: (store: SourceStore, point: RecoveryPoint))
    throws
  {
    oldReader = try IndexReader(root: old.point.index, chunks: try old.store.chunkReader(keepsTables: true))
    newReader = try IndexReader(root: new.point.index, chunks: try new.store.chunkReader(keepsTables: true))
    self.old = IndexPosition(oldReader, root: old.point.index)
    self.new = IndexPosition(newReader, root: new.point.index)
  }

  /// Calls `body` with the changes, sorted by path.
  ///
  /// Files are compared by their chunks, without reading content: the same bytes cut elsewhere, or stored as a hole, count
  /// as other content.
  ///
  /// - Parameter body: returns false to end.
  /// - Throws: `RepositoryError` `damaged`; what `body` throws.
  public mutating func forEachChange(_ body: (EntryChange) throws -> Bool) throws {
    while old.key != nil || new.key != nil {
      if let block = old.block, block == new.block {
        old.skipBlock()
        new.skipBlock()
        blocksSkipped += 1
        continue
      }
      let order = Self.order(old.key, new.key)
      if try descend(order) { continue }
      let key = order <= 0 ? old.key : new.key
      guard let key else { return }
      if open?.path != key.path {
        guard try close(body) else { return }
        open = OpenEntry(path: key.path)
      }
      note(key, old: order <= 0 ? old.line : nil, new: order >= 0 ? new.line : nil)
      if order <= 0 { try old.advance() }
      if order >= 0 { try new.advance() }
    }
    _ = try close(body)
  }

  private static func order(_ old: IndexPosition.Key?, _ new: IndexPosition.Key?) -> Int {
    guard let old else { return 1 }
    guard let new else { return -1 }
    return old.compare(new)
  }

  /// Reads one level more of what comes first, or of the higher of two blocks that begin alike.
  ///
  /// - Returns: false if the lines that come first are read already.
  private mutating func descend(_ order: Int) throws -> Bool {
    let oldLevel = order <= 0 ? old.level : -1
    let newLevel = order >= 0 ? new.level : -1
    let level = max(oldLevel, newLevel)
    guard level >= 0 else { return false }
    if oldLevel == level { try old.descend() }
    if newLevel == level { try new.descend() }
    return true
  }

  private mutating func note(_ key: IndexPosition.Key, old: ArraySlice<UInt8>?, new: ArraySlice<UInt8>?) {
    guard key.offset == nil else {
      if old != new { open?.hasOtherExtents = true }
      return
    }
    open?.old = old
    open?.new = new
  }

  private mutating func close(_ body: (EntryChange) throws -> Bool) throws -> Bool {
    guard let entry = open else { return true }
    open = nil
    if entry.old == entry.new, !entry.hasOtherExtents { return true }
    let old = try entry.old.map { try IndexLineParser.entry(of: $0) }
    let new = try entry.new.map { try IndexLineParser.entry(of: $0) }
    switch (old, new) {
    case (let old?, let new?):
      let change = try EntryChange.between(old, new) { old, new in
        if old.hardLinkTarget != nil || new.hardLinkTarget != nil { return try hasOtherLinkedContent(old, new) }
        return old.extents != new.extents || old.size != new.size || entry.hasOtherExtents
      }
      return try change.map(body) ?? true
    case (nil, let new?): return try body(EntryChange(path: entry.path, kind: .added, old: nil, new: new))
    case (let old?, nil): return try body(EntryChange(path: entry.path, kind: .removed, old: old, new: nil))
    case (nil, nil):
      throw RepositoryError(
        .damaged, "cannot read an index: a continuation line is out of place",
        cause: "near \(entry.path.displayedPath)")
    }
  }

  /// Compares the contents of two files of which one or both are further names of another entry.
  private func hasOtherLinkedContent(_ old: IndexEntry, _ new: IndexEntry) throws -> Bool {
    let oldFile = try oldReader.entry(at: old.hardLinkTarget ?? old.path)
    let newFile = try newReader.entry(at: new.hardLinkTarget ?? new.path)
    return oldFile?.extents != newFile?.extents
  }
}
