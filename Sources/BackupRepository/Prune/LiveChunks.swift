import BackupModel
import HostSystem

/// The chunks that points of a source need: those of their files, and the blocks of their indexes.
///
/// Takes 24 bytes for each. Each block of an index is read once, however many points share it.
struct LiveChunks {
  private(set) var chunks: KnownChunks
  /// Blocks that were met. A set of its own: a file may have the very content of a block.
  private var blocks = KnownChunks()
  /// Blocks that can't be had and that only partial points need.
  private var lost: Set<ChunkID> = []
  private let reader: ChunkReader
  private let threads: Int

  /// So many leaf blocks wait at most for being read, which takes about 10 MiB.
  private static let mostLeaves = 1 << 16

  /// Nothing is needed yet.
  ///
  /// - Parameters:
  ///   - expected: how many different chunks there will be, about; a set that grows step by step costs time.
  ///   - threads: how many read leaf blocks.
  init(_ reader: ChunkReader, expected: Int, threads: Int = availableProcessors()) {
    self.reader = reader
    self.threads = threads
    chunks = KnownChunks(capacity: expected)
  }

  /// How many different chunks are needed.
  var count: Int { chunks.count }

  /// Adds what points need.
  ///
  /// - Parameters:
  ///   - roots: where their indexes begin.
  ///   - isPartial: whether blocks may be lost: what only they name can't be restored by anybody.
  /// - Throws: ``RepositoryError`` `damaged` if a block can't be had: then nobody knows what the point needs; `CancellationError`.
  mutating func add(_ roots: [IndexRoot], isPartial: Bool = false, cancellation: Cancellation) throws {
    var leaves: [LeafVersions.Leaf] = []
    for root in roots {
      let index = try IndexReader(root: root, chunks: reader)
      var waiting = [(id: root.root, level: root.level, place: UInt64(0))]
      while let (id, level, place) = waiting.popLast() {
        _ = chunks.insert(id)
        guard blocks.insert(id) else {
          // Says once more why.
          if !isPartial, lost.contains(id) { _ = try index.block(id) }
          continue
        }
        do {
          if level == 0 {
            // Searched for now: the blocks of a point lie in the same packs.
            leaves.append(LeafVersions.Leaf(location: try reader.location(of: id), place: place, number: leaves.count))
          } else {
            try cancellation.check()
            try IndexChunks.forEachChild(in: try index.block(id)) { waiting.append(($0, level - 1, $1)) }
          }
        } catch let error as RepositoryError where error.code == .damaged && isPartial {
          lost.insert(id)
        }
      }
      if leaves.count >= Self.mostLeaves { try read(&leaves, isPartial: isPartial, cancellation) }
    }
    try read(&leaves, isPartial: isPartial, cancellation)
  }

  /// Adds what leaf blocks name, and empties the list.
  private mutating func read(
    _ leaves: inout [LeafVersions.Leaf], isPartial: Bool, _ cancellation: Cancellation
  ) throws {
    let versions = LeafVersions.groups(of: &leaves)
    let reader = reader
    try workInParallel(on: versions, threads: threads) {
      let blocks = try IndexBlockReader(reader)
      return { versions, deliver in
        try versions.forEach(blocks, isPartial: isPartial, cancellation, deliver)
      }
    } receive: { (found: LeafVersions.Found) in
      chunks.insert(found.keys)
      if let id = found.lost { lost.insert(id) }
    }
    leaves.removeAll(keepingCapacity: true)
  }
}

/// Leaf blocks that begin at the same place of an index, in the order of the points: versions of one another, as a rule, of which only the
/// lines are parsed that the one before doesn't have.
private struct LeafVersions: Sendable {
  /// A leaf block that waits for being read.
  struct Leaf: Sendable {
    let location: ChunkLocation
    /// The same for all blocks that begin at the same place, and as good as never for others.
    let place: UInt64
    let number: Int
  }

  /// What a block names that those before it don't, or a block that can't be had.
  struct Found: Sendable {
    var keys: [KnownChunks.Key] = []
    var lost: ChunkID?
  }

  private let leaves: ArraySlice<Leaf>

  /// Sorts leaf blocks by their places.
  static func groups(of leaves: inout [Leaf]) -> [LeafVersions] {
    leaves.sort { ($0.place, $0.number) < ($1.place, $1.number) }
    var groups: [LeafVersions] = []
    var start = 0
    while start < leaves.count {
      var end = start + 1
      while end < leaves.count, leaves[end].place == leaves[start].place { end += 1 }
      groups.append(LeafVersions(leaves: leaves[start..<end]))
      start = end
    }
    return groups
  }

  /// Reads the blocks, and delivers what each names that those before it don't.
  func forEach(
    _ blocks: IndexBlockReader, isPartial: Bool, _ cancellation: Cancellation, _ deliver: (Found) throws -> Void
  ) throws {
    var previous: [UInt8] = []
    for leaf in leaves {
      try cancellation.check()
      var found = Found()
      do {
        let block = try blocks.block(at: leaf.location)
        try IndexChunks.appendKeys(in: block, notIn: previous, to: &found.keys)
        previous = block
      } catch let error as RepositoryError where error.code == .damaged && isPartial {
        found.lost = leaf.location.record.id
      }
      try deliver(found)
    }
  }
}
