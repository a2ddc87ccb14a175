import HostSystem

/// What a dump in SQL holds, found while it goes by: whose it is, whether it has rows, and how it ends.
///
/// Needs no more memory than the longest line up to a limit.
struct DumpScan: Sendable {
  private static let headBytes = 1024
  private static let tailBytes = 1024
  private static let mostOfLine = 64 << 10

  /// Whose dump it is; nil as long as too little was seen, or if it is none.
  private(set) var format: DumpFormat?
  /// Whether a row of a table was seen.
  private(set) var hasRows = false
  /// How many bytes went by.
  private(set) var count: Int64 = 0
  private var head: [UInt8] = []
  private var tail: [UInt8] = []
  /// The line that isn't whole yet, its beginning if it is long.
  private var line: [UInt8] = []
  private var isInCopy = false

  /// Takes the next bytes.
  mutating func take(_ bytes: ArraySlice<UInt8>) {
    count += Int64(bytes.count)
    if head.count < Self.headBytes { head += bytes.prefix(Self.headBytes - head.count) }
    tail = (tail + bytes.suffix(Self.tailBytes)).suffix(Self.tailBytes)
    guard !hasRows else { return }
    var rest = bytes
    while let newline = rest.firstIndex(of: 0x0A) {
      extendLine(rest[..<newline])
      endLine()
      if hasRows { return }
      rest = rest[(newline + 1)...]
    }
    extendLine(rest)
  }

  private mutating func extendLine(_ bytes: ArraySlice<UInt8>) {
    line += bytes.prefix(Self.mostOfLine - line.count)
    // MySQL's rows are many in one line, which may be longer than is kept.
    if line.starts(with: "INSERT INTO ".utf8) { hasRows = true }
  }

  private mutating func endLine() {
    if isInCopy {
      if line == Array("\\.".utf8) { isInCopy = false } else { hasRows = true }
    } else if line.starts(with: "COPY ".utf8), line.suffix(11).elementsEqual("FROM stdin;".utf8) {
      isInCopy = true
    }
    line.removeAll(keepingCapacity: true)
  }

  /// Concludes what it is; called when all went by.
  mutating func finish() { format = DumpFormat.plain(head) }

  /// The line by which a whole dump ends.
  var missingEnd: String? {
    let isCluster = head.split(separator: 0x0A).contains { $0.starts(with: "-- PostgreSQL database cluster dump".utf8) }
    let marker =
      switch format {
      case .mysql: "-- Dump completed"
      default: isCluster ? "-- PostgreSQL database cluster dump complete" : "-- PostgreSQL database dump complete"
      }
    return tail.split(separator: 0x0A).contains { $0.starts(with: marker.utf8) } ? nil : marker
  }

  /// Scans a file of ours, or a pipe, to its end.
  ///
  /// - Throws: `SystemError`; `CancellationError`.
  static func scanning(_ file: OpenFile, cancellation: Cancellation) throws -> DumpScan {
    var scan = DumpScan()
    var buffer: [UInt8] = []
    while true {
      try cancellation.check()
      buffer.removeAll(keepingCapacity: true)
      guard let count = try file.readNext(atMost: 1 << 18, appendingTo: &buffer) else { continue }
      if count == 0 { break }
      scan.take(buffer[...])
    }
    scan.finish()
    return scan
  }
}
