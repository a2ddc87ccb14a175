import BackupModel
public import HostSystem

/// Goes through the extents of one file of a point in order, one line of the index in memory at a time.
///
/// Not thread-safe.
public struct ExtentCursor {
  /// The file's entry; of its extents only those of the first line.
  public let entry: IndexEntry
  private var leaves: IndexReader.LeafCursor
  private var block: [UInt8]
  private var lineStart: Int
  private var extents: ArraySlice<Extent>
  private var position: Int64 = 0

  /// Looks for a file.
  ///
  /// - Returns: nil if the point has no file at the path.
  /// - Throws: ``RepositoryError`` `damaged`.
  public init?(_ reader: IndexReader, path: PathBytes) throws {
    leaves = reader.leaves(from: path)
    guard let block = try leaves.next() else { return nil }
    self.block = block
    var start = block.startIndex
    var found: IndexEntry?
    while start < block.endIndex {
      let end = block[start...].firstIndex(of: 0x0A) ?? block.endIndex
      let line = block[start..<end]
      start = end + 1
      let head = try IndexLineParser.head(of: line)
      if head.path == path, !head.isContinuation {
        found = try IndexLineParser.entry(of: line)
        break
      }
    }
    guard let entry = found, entry.kind == .file, entry.hardLinkTarget == nil else { return nil }
    self.entry = entry
    lineStart = start
    extents = entry.extents[...]
  }

  /// The next extent and where it begins, or nil at the end of the file.
  ///
  /// - Throws: ``RepositoryError`` `damaged` if the extents don't follow one another or don't add up to the file's size.
  public mutating func next() throws -> (offset: Int64, extent: Extent)? {
    while extents.isEmpty {
      guard try readLine() else {
        guard position == entry.size else { throw damaged("a file's extents don't add up to its size") }
        return nil
      }
    }
    guard let extent = extents.popFirst() else { return nil }
    let offset = position
    let (end, overflow) = position.addingReportingOverflow(extent.length)
    guard !overflow, end <= entry.size else { throw damaged("a file's extents reach past its end") }
    position = end
    return (offset, extent)
  }

  /// Takes the extents of the file's next line.
  ///
  /// - Returns: false if there is none.
  private mutating func readLine() throws -> Bool {
    if lineStart >= block.endIndex {
      guard position < entry.size, let next = try leaves.next() else { return false }
      block = next
      lineStart = block.startIndex
    }
    let end = block[lineStart...].firstIndex(of: 0x0A) ?? block.endIndex
    let line = block[lineStart..<end]
    let head = try IndexLineParser.head(of: line)
    guard head.isContinuation, head.path == entry.path else { return false }
    let (offset, found) = try IndexLineParser.continuation(of: line)
    guard offset == position else { throw damaged("a continuation line is out of place") }
    lineStart = end + 1
    extents = found[...]
    return true
  }

  private func damaged(_ what: String) -> RepositoryError {
    RepositoryError(.damaged, "cannot read an index: \(what)", cause: "at \(entry.path.displayedPath)")
  }
}
