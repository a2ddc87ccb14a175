public import BackupModel

/// Makes the lines of one file while its extents become known, so that a file of any length takes a few KiB of memory.
///
/// Holes that follow one another become one. A line holds the extents that begin within the same `span` of the file, so what was
/// mapped or discarded in one place leaves the lines of other places as they were.
public struct IndexFileLines: Sendable {
  private let entry: IndexEntry
  private let span: Int64
  private var isFirstLine = true
  private var line: [Extent] = []
  private var lineStart: Int64 = 0
  private var position: Int64 = 0
  private var hole: Int64 = 0
  /// Bytes of the extents so far that aren't holes.
  public private(set) var dataBytes: Int64 = 0

  /// Begins a file.
  ///
  /// - Parameters:
  ///   - entry: without extents, but with its final size.
  ///   - blockSize: the length of all extents that aren't holes but the last.
  public init(_ entry: IndexEntry, blockSize: ByteCount) {
    self.entry = entry
    span = blockSize.bytes * Int64(IndexLine.extentsPerLine)
  }

  /// Takes the next extents, and appends the lines that are complete.
  public mutating func append(_ extents: [Extent], to lines: inout [UInt8]) {
    for extent in extents {
      guard extent.chunk != nil else {
        hole += extent.length
        continue
      }
      endHole(&lines)
      dataBytes += extent.length
      add(extent, &lines)
    }
  }

  /// Ends the file.
  public mutating func finish(to lines: inout [UInt8]) {
    endHole(&lines)
    if !line.isEmpty || isFirstLine { endLine(&lines) }
  }

  private mutating func endHole(_ lines: inout [UInt8]) {
    guard hole > 0 else { return }
    let extent = Extent(length: hole, chunk: nil)
    hole = 0
    add(extent, &lines)
  }

  private mutating func add(_ extent: Extent, _ lines: inout [UInt8]) {
    if !line.isEmpty, position / span != lineStart / span { endLine(&lines) }
    if line.isEmpty { lineStart = position }
    line.append(extent)
    position += extent.length
  }

  private mutating func endLine(_ lines: inout [UInt8]) {
    if isFirstLine {
      var first = entry
      first.extents = line
      IndexLine.append(first, to: &lines)
      isFirstLine = false
    } else {
      IndexLine.appendContinuation(of: entry.path, at: lineStart, line[...], to: &lines)
    }
    line.removeAll(keepingCapacity: true)
  }
}
