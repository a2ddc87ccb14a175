public import BackupModel
public import HostSystem

/// Reads the index of one point. Not thread-safe: each thread has its own.
public final class IndexReader {
  private let root: IndexRoot
  private let blocks: IndexBlockReader
  /// The blocks read last, newest last: searches for neighbouring paths read the same ones again.
  private var recent: [(id: ChunkID, bytes: [UInt8])] = []
  private static let mostRecent = 3
  /// Called with the id of each block that was read, and whether it was whole.
  var didReadBlock: ((ChunkID, Bool) -> Void)?

  /// Begins to read an index.
  public init(root: IndexRoot, chunks: ChunkReader) throws {
    self.root = root
    blocks = try IndexBlockReader(chunks)
    guard root.level >= 0, root.level <= IndexLimits.levels else {
      throw RepositoryError(.damaged, "cannot read an index: it has \(root.level) levels")
    }
  }

  /// The bytes of a block: lines, each ended by a newline.
  ///
  /// - Throws: ``RepositoryError`` `damaged`.
  public func block(_ id: ChunkID) throws -> [UInt8] {
    do {
      let bytes = try blocks.block(id)
      didReadBlock?(id, true)
      return bytes
    } catch {
      didReadBlock?(id, false)
      throw error
    }
  }

  /// The bytes of a block, kept from the last searches if it was among what they read.
  private func recentBlock(_ id: ChunkID) throws -> [UInt8] {
    if let known = recent.first(where: { $0.id == id }) { return known.bytes }
    let bytes = try block(id)
    if recent.count == Self.mostRecent { recent.removeFirst() }
    recent.append((id, bytes))
    return bytes
  }

  /// A line of a branch block.
  public struct Branch: Sendable {
    /// The path of the child's first line.
    public var path: PathBytes
    /// The offset of the child's first line in its file if it is a continuation line.
    public var offset: UInt64?
    /// The child.
    public var child: ChunkID
  }

  /// The lines of a branch block.
  ///
  /// - Throws: ``RepositoryError`` `damaged`.
  public func branches(_ block: [UInt8]) throws -> [Branch] {
    var branches: [Branch] = []
    for line in block.dropLast().split(separator: 0x0A, omittingEmptySubsequences: false) {
      let fields = line.split(separator: 0x09, omittingEmptySubsequences: false)
      guard fields.count == 2 || fields.count == 3, let path = unescaped(fields[0]), isSafeIndexPath(path),
        let child = ChunkID(hexadecimal: fields[1])
      else { throw RepositoryError(.damaged, "cannot read an index: a branch line is not valid") }
      var offset: UInt64?
      if fields.count == 3 {
        guard let number = IndexLineParser.number(fields[2]) else {
          throw RepositoryError(.damaged, "cannot read an index: a branch line's offset is not valid")
        }
        offset = number
      }
      branches.append(Branch(path: path, offset: offset, child: child))
    }
    return branches
  }

  /// The leaf blocks in order, one at a time.
  ///
  /// - Parameter first: begin with the block in which this path would stand.
  public func leaves(from first: PathBytes? = nil) -> LeafCursor { LeafCursor(self, root: root, first: first) }

  /// A position among the leaf blocks of an index. Not thread-safe.
  public struct LeafCursor {
    private let reader: IndexReader
    private var waiting: [(id: ChunkID, level: Int)]
    private var first: PathBytes?
    private let isSearch: Bool

    fileprivate init(_ reader: IndexReader, root: IndexRoot, first: PathBytes?) {
      self.reader = reader
      waiting = [(root.root, root.level)]
      self.first = first
      isSearch = first != nil
    }

    /// The next leaf block, or nil at the end.
    ///
    /// - Throws: ``RepositoryError`` `damaged`.
    public mutating func next() throws -> [UInt8]? {
      while let (id, level) = waiting.popLast() {
        let block = try isSearch ? reader.recentBlock(id) : reader.block(id)
        if level == 0 {
          first = nil
          return block
        }
        let branches = try reader.branches(block)
        let start = first.map { IndexReader.position(of: $0, in: branches) } ?? 0
        for branch in branches[start...].reversed() { waiting.append((branch.child, level - 1)) }
      }
      return nil
    }
  }

  /// The last branch whose first line doesn't come after the path's own line.
  private static func position(of path: PathBytes, in branches: [Branch]) -> Int {
    branches.lastIndex { branch in
      let order = comparePaths(branch.path[...], path[...])
      return order < 0 || (order == 0 && branch.offset == nil)
    } ?? 0
  }

  /// Calls `body` with the entries in order: all of them, or from `first` on.
  ///
  /// - Parameter body: returns false to end.
  /// - Throws: ``RepositoryError`` `damaged` if the index isn't sorted or an entry isn't valid; what `body` throws.
  public func forEachEntry(from first: PathBytes? = nil, _ body: (IndexEntry) throws -> Bool) throws {
    var pending: IndexEntry?
    var covered: Int64 = 0
    var goesOn = true
    var previous: PathBytes?
    func deliver() throws {
      guard let entry = pending else { return }
      pending = nil
      try IndexLineParser.validate(entry)
      goesOn = try body(entry)
    }
    var leaves = leaves(from: first)
    let isSearch = first != nil
    var first = first
    while goesOn, let block = try leaves.next() {
      var start = 0
      if let path = first.take() { start = try Self.start(of: path, in: block) }
      while start < block.endIndex, goesOn {
        let end = block[start...].firstIndex(of: 0x0A) ?? block.endIndex
        let line = block[start..<end]
        start = end + 1
        let head = try IndexLineParser.head(of: line)
        if head.isContinuation {
          let (offset, extents) = try IndexLineParser.continuation(of: line)
          // Of a file that comes before `first`, where reading began.
          if previous == nil, isSearch { continue }
          guard pending?.path == head.path, offset == covered else {
            throw RepositoryError(.damaged, "cannot read an index: a continuation line is out of place")
          }
          pending?.extents += extents
          covered = try sum(covered, extents)
        } else {
          if let previous, comparePaths(previous[...], head.path[...]) >= 0 {
            throw RepositoryError(.damaged, "cannot read an index: its entries are not sorted")
          }
          previous = head.path
          try deliver()
          guard goesOn else { break }
          let entry = try IndexLineParser.entry(of: line)
          covered = try sum(0, entry.extents)
          pending = entry
        }
      }
    }
    if goesOn { try deliver() }
  }

  /// The first line of a leaf block that doesn't come before a path, found by halving.
  private static func start(of path: PathBytes, in block: [UInt8]) throws -> Int {
    var low = 0
    var high = block.count
    while low < high {
      let middle = low + (high - low) / 2
      let begin = block[low..<middle].lastIndex(of: 0x0A).map { $0 + 1 } ?? low
      let end = block[middle...].firstIndex(of: 0x0A) ?? block.endIndex
      if comparePaths(try IndexLineParser.head(of: block[begin..<end]).path[...], path[...]) < 0 {
        low = end + 1
      } else {
        high = begin
      }
    }
    return low
  }

  private func sum(_ start: Int64, _ extents: [Extent]) throws -> Int64 {
    var total = start
    for extent in extents {
      let (next, overflow) = total.addingReportingOverflow(extent.length)
      guard !overflow else { throw RepositoryError(.damaged, "cannot read an index: a file is too large") }
      total = next
    }
    return total
  }

  /// The entry of one path, or nil. Reads one block of each level.
  public func entry(at path: PathBytes) throws -> IndexEntry? {
    var found: IndexEntry?
    try forEachEntry(from: path) { entry in
      if entry.path == path { found = entry }
      return false
    }
    return found
  }

  /// Calls `body` with the entry of a path and of everything below it.
  public func forEachEntry(below path: PathBytes, _ body: (IndexEntry) throws -> Bool) throws {
    if isRootPath(path[...]) { return try forEachEntry(body) }
    try forEachEntry(from: path) { entry in
      guard entry.path.starts(with: path), entry.path.count == path.count || entry.path[path.count] == 0x2F else {
        return false
      }
      return try body(entry)
    }
  }
}
