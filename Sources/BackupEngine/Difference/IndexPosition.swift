import BackupModel
import BackupRepository
import HostSystem

/// A position in an index that moves over whole blocks without reading them as long as nobody asks what is in them.
///
/// Every byte that it reads is untrusted. Not thread-safe.
struct IndexPosition {
  /// What orders the lines of an index: the path, and the offset in the file for continuation lines.
  struct Key {
    var path: PathBytes
    var offset: UInt64?

    /// Negative if this key comes first, 0 if both are the same, positive if the other one comes first.
    func compare(_ other: Key) -> Int {
      let order = comparePaths(path[...], other.path[...])
      guard order == 0 else { return order }
      switch (offset, other.offset) {
      case (nil, nil): return 0
      case (nil, _): return -1
      case (_, nil): return 1
      case (let left?, let right?): return left < right ? -1 : left == right ? 0 : 1
      }
    }
  }

  /// A block that hasn't been looked into.
  private struct Node {
    var key: Key
    var id: ChunkID
    var level: Int
  }

  private struct Leaf {
    var id: ChunkID
    var bytes: [UInt8]
    var line: Range<Int>
    var isUntouched: Bool
  }

  private let reader: IndexReader
  private var waiting: [Node]
  private var leaf: Leaf?
  private var lastKey: Key?
  /// The key of the next line; nil at the end.
  private(set) var key: Key?
  /// How many blocks were read.
  private(set) var blocksRead = 0

  init(_ reader: IndexReader, root: IndexRoot) {
    self.reader = reader
    let first = Key(path: [0x2E], offset: nil)
    waiting = [Node(key: first, id: root.root, level: root.level)]
    key = first
  }

  /// The block that begins here and of which nothing was used yet, whether it has been read or not.
  var block: ChunkID? {
    if let leaf { return leaf.isUntouched ? leaf.id : nil }
    return waiting.last?.id
  }

  /// The level of what comes next: 0 and above for a block that hasn't been read, -1 for a line.
  var level: Int { leaf == nil ? waiting.last?.level ?? -1 : -1 }

  /// Moves past the block that begins here.
  mutating func skipBlock() {
    if leaf == nil { waiting.removeLast() } else { leaf = nil }
    key = waiting.last?.key
  }

  /// Reads the block that begins here, one level of it.
  ///
  /// - Throws: `RepositoryError` `damaged`.
  mutating func descend() throws {
    guard leaf == nil, let node = waiting.popLast() else { return }
    let bytes = try reader.block(node.id)
    blocksRead += 1
    if node.level == 0 {
      leaf = Leaf(id: node.id, bytes: bytes, line: 0..<0, isUntouched: true)
      try takeUpLine(from: 0)
    } else {
      for branch in try reader.branches(bytes).reversed() {
        waiting.append(
          Node(key: Key(path: branch.path, offset: branch.offset), id: branch.child, level: node.level - 1))
      }
      key = waiting.last?.key
    }
    guard let key, key.compare(node.key) == 0 else {
      throw RepositoryError(
        .damaged, "cannot read an index: the block \(node.id) doesn't begin with the path that is said of it",
        cause: "said is \(node.key.path.displayedPath)")
    }
  }

  /// The line here, without its newline; only valid at ``level`` -1.
  var line: ArraySlice<UInt8> { leaf.map { $0.bytes[$0.line] } ?? [] }

  /// Moves past the line here.
  ///
  /// - Throws: `RepositoryError` `damaged` if the lines aren't sorted.
  mutating func advance() throws {
    guard let current = leaf else { return }
    lastKey = key
    leaf?.isUntouched = false
    let next = current.line.upperBound + 1
    if next < current.bytes.endIndex {
      try takeUpLine(from: next)
    } else {
      leaf = nil
      key = waiting.last?.key
    }
    // Sortedness is also what ends the reading of an index that was made to be endless.
    if let lastKey, let key, lastKey.compare(key) >= 0 {
      throw RepositoryError(
        .damaged, "cannot read an index: its entries are not sorted", cause: "near \(key.path.displayedPath)")
    }
  }

  private mutating func takeUpLine(from start: Int) throws {
    guard let bytes = leaf?.bytes else { return }
    let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.endIndex
    leaf?.line = start..<end
    let line = bytes[start..<end]
    let head = try IndexLineParser.head(of: line)
    let offset = head.isContinuation ? UInt64(try IndexLineParser.continuation(of: line).offset) : nil
    key = Key(path: head.path, offset: offset)
  }
}
