import BackupModel

/// Standard output that is kept, up to a limit.
actor Gathered {
  private(set) var bytes: [UInt8] = []
  private let limit: ByteCount

  init(limit: ByteCount) { self.limit = limit }

  func append(_ more: [UInt8]) throws {
    guard bytes.count + more.count <= limit.bytes else {
      throw ChildError(.tooMuchOutput, "cannot use the output of a program: it is more than \(limit)")
    }
    bytes += more
  }
}

/// Standard output cut into lines, up to a limit.
actor LineSplitter {
  private let longest: ByteCount
  private let limit: ByteCount
  private var line: [UInt8] = []
  private var total = 0

  init(longest: ByteCount, limit: ByteCount) {
    self.longest = longest
    self.limit = limit
  }

  /// The lines that are whole now.
  func append(_ bytes: [UInt8]) throws -> [[UInt8]] {
    total += bytes.count
    guard total <= limit.bytes else {
      throw ChildError(.tooMuchOutput, "cannot use the output of a program: it is more than \(limit)")
    }
    var whole: [[UInt8]] = []
    for piece in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast() {
      whole.append(line + piece)
      line = []
    }
    line += bytes[(bytes.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0)...]
    guard line.count <= longest.bytes, whole.allSatisfy({ $0.count <= longest.bytes }) else {
      throw ChildError(.tooMuchOutput, "cannot use the output of a program: a line of it is longer than \(longest)")
    }
    return whole
  }

  /// A last line without a newline, or nil.
  var rest: [UInt8]? { line.isEmpty ? nil : line }
}

/// The end of what a program writes to its standard error.
actor LastWords {
  private static let mostLines = 20
  private static let mostCharacters = 500
  private static let mostBytes = 64 << 10
  private var tail: [UInt8] = []

  func append(_ bytes: [UInt8]) {
    tail += bytes
    if tail.count > 2 * Self.mostBytes { tail.removeFirst(tail.count - Self.mostBytes) }
  }

  /// The last lines that aren't blank.
  var lines: [String] {
    tail.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }).map(Array.init).map(\.displayedPath)
      .filter { !$0.allSatisfy(\.isWhitespace) }.suffix(Self.mostLines)
      .map { $0.count > Self.mostCharacters ? "\($0.prefix(Self.mostCharacters))…" : $0 }
  }
}
