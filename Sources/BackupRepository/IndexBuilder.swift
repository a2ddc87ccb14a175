import BackupArchive
public import BackupModel

/// Where the index of a point begins.
public struct IndexRoot: Codable, Hashable, Sendable {
  /// The root block.
  public var root: ChunkID
  /// 0 if the root is a leaf, else the number of levels below it.
  public var level: Int

  /// Names a root block and its level.
  public init(root: ChunkID, level: Int) {
    self.root = root
    self.level = level
  }
}

/// Cuts index lines into blocks at places that the lines determine, and builds the levels above.
///
/// A value: a copy can be finished (for a checkpoint) while the original goes on.
struct IndexBuilder {
  private struct Level {
    var block: [UInt8] = []
    /// The key of the first line: escaped path, and the offset if it is a continuation line.
    var firstPath: [UInt8] = []
    var firstOffset: [UInt8] = []
    var blocks = 0
    var lastBlock: ChunkID?
  }

  private var levels: [Level] = [Level()]
  static let leastBytes = 32 << 10
  static let mostBytes = 512 << 10

  /// Appends whole lines, each ended by a newline; blocks that are full are given to `store`.
  mutating func append(_ lines: ArraySlice<UInt8>, store: (ChunkID, [UInt8]) throws -> Void) throws {
    var start = lines.startIndex
    while start < lines.endIndex {
      guard let end = lines[start...].firstIndex(of: 0x0A), let tab = lines[start..<end].firstIndex(of: 0x09) else {
        preconditionFailure("lines that this program makes have a path and an end")
      }
      let line = lines[start...end]
      try append(line: line, pathEnd: tab, offset: Self.offset(of: line, pathEnd: tab), level: 0, store: store)
      start = end + 1
    }
  }

  private mutating func append(
    line: ArraySlice<UInt8>, pathEnd: Int, offset: [UInt8], level: Int, store: (ChunkID, [UInt8]) throws -> Void
  ) throws {
    if levels[level].block.isEmpty {
      levels[level].firstPath = Array(line[..<pathEnd])
      levels[level].firstOffset = offset
    }
    levels[level].block += line
    let size = levels[level].block.count
    if size >= Self.mostBytes || (size >= Self.leastBytes && Self.isCut(after: line[..<pathEnd], offset: offset)) {
      try flush(level, store: store)
    }
  }

  /// The offset field of a continuation line; empty for another line.
  private static func offset(of line: ArraySlice<UInt8>, pathEnd: Int) -> [UInt8] {
    guard pathEnd + 2 < line.endIndex, line[pathEnd + 1] == 0x2B, line[pathEnd + 2] == 0x09 else { return [] }
    return Array(line[(pathEnd + 3)...].prefix { $0 != 0x09 })
  }

  private mutating func flush(_ level: Int, store: (ChunkID, [UInt8]) throws -> Void) throws {
    let block = levels[level].block
    let id = ChunkID(of: block)
    try store(id, block)
    levels[level].blocks += 1
    levels[level].lastBlock = id
    levels[level].block.removeAll(keepingCapacity: true)
    if level + 1 == levels.count { levels.append(Level()) }
    var line = levels[level].firstPath
    let pathEnd = line.count
    line.append(0x09)
    id.appendHexadecimal(to: &line)
    if !levels[level].firstOffset.isEmpty {
      line.append(0x09)
      line += levels[level].firstOffset
    }
    line.append(0x0A)
    try append(
      line: line[...], pathEnd: pathEnd, offset: levels[level].firstOffset, level: level + 1, store: store)
  }

  /// Ends the index.
  ///
  /// - Returns: the root, or nil if nothing was appended.
  mutating func finish(store: (ChunkID, [UInt8]) throws -> Void) throws -> IndexRoot? {
    var level = 0
    while level < levels.count {
      // One block and nothing above it but its own line: that block is the root.
      if levels[level].block.isEmpty, levels[level].blocks == 1, let root = levels[level].lastBlock {
        return IndexRoot(root: root, level: level)
      }
      if !levels[level].block.isEmpty {
        if levels[level].blocks == 0 {
          let id = ChunkID(of: levels[level].block)
          try store(id, levels[level].block)
          return IndexRoot(root: id, level: level)
        }
        try flush(level, store: store)
      }
      level += 1
    }
    return nil
  }

  /// The cut rule of `docs/format.md`, sections 7 and 13.
  ///
  /// - Parameter offset: the offset field of a continuation line; empty for another line.
  static func isCut(after path: ArraySlice<UInt8>, offset: [UInt8]) -> Bool {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in path { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    guard !offset.isEmpty else { return (hash &* 0x9E37_79B9_7F4A_7C15) >> 55 == 0 }
    // A continuation line is some KiB long, and the path is the same in all of a file.
    for byte in offset { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return (hash &* 0x9E37_79B9_7F4A_7C15) >> 60 == 0
  }
}
