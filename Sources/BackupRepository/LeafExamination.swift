import BackupModel
import HostSystem

/// What was found in one leaf block of an index, kept so that a block that many points share is examined once.
struct LeafExamination {
  /// A file whose extents reach the end of the block and may go on in the next one.
  struct OpenFileEntry: Hashable {
    var path: PathBytes
    var size: Int64
    var covered: Int64
  }

  /// The entries that lost a chunk in the same way.
  struct Losses {
    var count = 0
    /// The first of them.
    var paths: [PathBytes] = []
  }

  /// The path of the first line.
  private(set) var firstPath: PathBytes = []
  /// If the block begins with continuation lines: the offset of the first and the bytes that they all cover.
  private(set) var leading: (offset: Int64, bytes: Int64)?
  /// Whether the block holds continuation lines of one file only.
  private(set) var isAllLeading = true
  /// The path of the last entry.
  private(set) var lastPath: PathBytes = []
  /// The last entry if it is a file.
  private(set) var trailing: OpenFileEntry?
  /// How many entries begin in the block.
  private(set) var entryCount = 0
  /// How many extents refer to chunks.
  private(set) var chunkReferences = 0
  /// What can't be had, by the reason.
  private(set) var losses: [StoredChunks.Fate: Losses] = [:]
  private let pathLimit: Int

  /// Examines a block.
  ///
  /// - Throws: ``RepositoryError`` `damaged` if a line isn't valid, out of order, or doesn't add up.
  init(_ block: [UInt8], pathLimit: Int, fate: (ChunkID) -> StoredChunks.Fate) throws {
    self.pathLimit = pathLimit
    var start = block.startIndex
    while start < block.endIndex {
      let end = block[start...].firstIndex(of: 0x0A) ?? block.endIndex
      try examine(block[start..<end], fate)
      start = end + 1
    }
  }

  private mutating func examine(_ line: ArraySlice<UInt8>, _ fate: (ChunkID) -> StoredChunks.Fate) throws {
    guard line.count <= IndexLimits.lineBytes else { throw Self.damaged("a line is too long", lastPath) }
    let head = try IndexLineParser.head(of: line)
    let isFirst = firstPath.isEmpty
    if isFirst { firstPath = head.path }
    if head.isContinuation {
      let (offset, extents) = try IndexLineParser.continuation(of: line)
      let bytes = try Self.sum(of: extents, head.path)
      if isFirst || isAllLeading {
        guard head.path == firstPath, offset == leading.map({ $0.offset + $0.bytes }) ?? offset else {
          throw Self.damaged("a continuation line is out of place", head.path)
        }
        leading = (leading?.offset ?? offset, (leading?.bytes ?? 0) + bytes)
        lastPath = head.path
      } else {
        guard trailing?.path == head.path, trailing?.covered == offset else {
          throw Self.damaged("a continuation line is out of place", head.path)
        }
        trailing?.covered += bytes
      }
      note(extents, of: head.path, isNewEntry: isFirst, fate)
      return
    }
    try close()
    guard isFirst || comparePaths(lastPath[...], head.path[...]) < 0 else {
      throw Self.damaged("its entries are not sorted", head.path)
    }
    isAllLeading = false
    let entry = try IndexLineParser.entry(of: line)
    lastPath = entry.path
    entryCount += 1
    let covered = try Self.sum(of: entry.extents, entry.path)
    if entry.kind == .file, entry.hardLinkTarget == nil {
      trailing = OpenFileEntry(path: entry.path, size: entry.size, covered: covered)
    } else {
      trailing = nil
      try IndexLineParser.validate(entry)
    }
    note(entry.extents, of: entry.path, isNewEntry: true, fate)
  }

  /// Ends the last entry: no more of its extents follow.
  private func close() throws { try Self.close(trailing) }

  /// Checks that a file's extents cover it.
  static func close(_ file: OpenFileEntry?) throws {
    guard let file, file.covered != file.size else { return }
    throw damaged("a file's extents don't add up to its size", file.path)
  }

  private mutating func note(
    _ extents: [Extent], of path: PathBytes, isNewEntry: Bool, _ fate: (ChunkID) -> StoredChunks.Fate
  ) {
    var seen: Set<StoredChunks.Fate> = []
    for extent in extents {
      guard let chunk = extent.chunk else { continue }
      chunkReferences += 1
      let fate = fate(chunk)
      guard fate != .stored, seen.insert(fate).inserted else { continue }
      // Further lines of the same file come directly after one another.
      if !isNewEntry, losses[fate]?.paths.last == path { continue }
      losses[fate, default: Losses()].count += 1
      if (losses[fate]?.paths.count ?? 0) < pathLimit { losses[fate]?.paths.append(path) }
    }
  }

  private static func sum(of extents: [Extent], _ path: PathBytes) throws -> Int64 {
    var total: Int64 = 0
    for extent in extents {
      let (next, overflow) = total.addingReportingOverflow(extent.length)
      guard !overflow, next <= Int64.max / 4 else { throw damaged("a file is too large", path) }
      total = next
    }
    return total
  }

  static func damaged(_ what: String, _ path: PathBytes) -> RepositoryError {
    RepositoryError(.damaged, "cannot read an index block: \(what)", cause: "at \(path.displayedPath)")
  }
}
