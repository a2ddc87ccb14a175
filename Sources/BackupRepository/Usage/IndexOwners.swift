import BackupModel
import HostSystem

/// Finds which points need which chunks, those of their files and the blocks of their indexes.
///
/// Goes through all indexes at once, from their roots down level by level: when a block's turn comes, all points that share it are
/// known, so each different block is read once, however many points share it.
struct IndexOwners {
  /// The blocks of one level, in the order in which they were met.
  private struct Level {
    private(set) var order: [ChunkID] = []
    private(set) var sets: [ChunkID: UInt32] = [:]

    mutating func add(_ id: ChunkID, _ set: UInt32, _ all: inout PointSets) {
      if let known = sets[id] {
        if known != set { sets[id] = all.union(known, set) }
      } else {
        order.append(id)
        sets[id] = set
      }
    }
  }

  /// The points of the sets that `owners` names.
  private(set) var sets: PointSets
  /// Which points need each chunk.
  private(set) var owners = ChunkOwners()
  /// How many different blocks were read.
  private(set) var blockCount = 0
  /// Why of some points it isn't known what they need.
  private(set) var problems: [(set: UInt32, error: RepositoryError)] = []

  /// Walks the indexes.
  ///
  /// - Parameter roots: where the index of a point begins, by the point's number.
  /// - Throws: `CancellationError`. What can't be read is among ``problems``.
  init(of roots: [(point: Int, root: IndexRoot)], _ sets: PointSets, reader: ChunkReader, cancellation: Cancellation)
    throws
  {
    self.sets = sets
    var levels: [Level] = []
    var index: IndexReader?
    for (point, root) in roots {
      let set = self.sets.single(point)
      do {
        index = try IndexReader(root: root, chunks: reader)
        while levels.count <= root.level { levels.append(Level()) }
        levels[root.level].add(root.root, set, &self.sets)
      } catch let error as RepositoryError {
        problems.append((set, error))
      }
    }
    guard let index else { return }
    while let level = levels.popLast() {
      for id in level.order {
        guard let set = level.sets[id] else { continue }
        try cancellation.check()
        owners.add(id, set, &self.sets)
        do {
          let block = try index.block(id)
          blockCount += 1
          if levels.isEmpty {
            try IndexChunks.forEach(in: block) { owners.add($0, set, &self.sets) }
          } else {
            for branch in try index.branches(block) { levels[levels.count - 1].add(branch.child, set, &self.sets) }
          }
        } catch let error as RepositoryError {
          problems.append((set, error))
        }
      }
    }
  }

  /// The points that need a chunk; see ``ChunkOwners/count(_:)``.
  mutating func count(_ id: ChunkID) -> UInt32? { owners.count(id) }

  /// The number of the set of a single point.
  mutating func single(_ point: Int) -> UInt32 { sets.single(point) }

  /// The number of the set of the points of two.
  mutating func union(_ left: UInt32, _ right: UInt32) -> UInt32 { sets.union(left, right) }
}
