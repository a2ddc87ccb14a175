import BackupModel
import BackupRepository
import HostSystem

/// The lines of the previous point's index, in order, as the merge needs them: looked at as bytes, parsed only on demand.
///
/// Not thread-safe.
struct PreviousEntries {
  private let reader: IndexReader
  private var leaves: IndexReader.LeafCursor
  private var block: [UInt8] = []
  private var line: Range<Int> = 0..<0

  init(_ reader: IndexReader) throws {
    self.reader = reader
    leaves = reader.leaves()
    try advance()
  }

  /// Whether all lines are used up.
  var isAtEnd: Bool { line.isEmpty }

  /// Whether the current line begins with these bytes.
  func lineBegins(with prefix: [UInt8]) -> Bool {
    guard line.count >= prefix.count else { return false }
    return block[line.lowerBound..<line.lowerBound + prefix.count].elementsEqual(prefix)
  }

  /// The attributes of the current line, given that its first `prefixLength` bytes are the status fields.
  func attributes(after prefixLength: Int) -> ArraySlice<UInt8> {
    let rest = block[(line.lowerBound + prefixLength)..<line.upperBound]
    guard let tab = rest.firstIndex(of: 0x09) else { return [] }
    return rest[(tab + 1)...]
  }

  /// The path of the current line.
  func path() throws -> PathBytes { try IndexLineParser.head(of: block[line]).path }

  /// Moves to the next line.
  mutating func advance() throws {
    var start = line.isEmpty ? block.endIndex : line.upperBound + 1
    if start >= block.endIndex {
      guard let next = try leaves.next() else {
        line = 0..<0
        block = []
        return
      }
      block = next
      start = 0
    }
    let end = block[start...].firstIndex(of: 0x0A) ?? block.endIndex
    line = start..<end
  }

  /// Appends the current entry's lines to `lines` and moves to the next entry.
  mutating func take(into lines: inout [UInt8]) throws {
    lines += block[line]
    lines.append(0x0A)
    try advance()
    while !isAtEnd, isContinuation {
      lines += block[line]
      lines.append(0x0A)
      try advance()
    }
  }

  /// Parses the current entry and moves to the next one.
  mutating func parse() throws -> IndexEntry {
    var entry = try IndexLineParser.entry(of: block[line])
    try advance()
    while !isAtEnd, isContinuation {
      entry.extents += try IndexLineParser.continuation(of: block[line]).extents
      try advance()
    }
    return entry
  }

  /// Parses the lines of one entry, each ended by a newline.
  static func entry(ofLines lines: ArraySlice<UInt8>) throws -> IndexEntry {
    var parts = lines.dropLast().split(separator: 0x0A)[...]
    var entry = try IndexLineParser.entry(of: parts.popFirst() ?? [])
    for part in parts { entry.extents += try IndexLineParser.continuation(of: part).extents }
    return entry
  }

  /// Moves past the current entry.
  mutating func skip() throws {
    repeat { try advance() } while !isAtEnd && isContinuation
  }

  private var isContinuation: Bool {
    guard let tab = block[line].firstIndex(of: 0x09), tab + 2 < line.upperBound else { return false }
    return block[tab + 1] == 0x2B && block[tab + 2] == 0x09
  }
}
