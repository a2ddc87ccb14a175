import BackupModel
import HostSystem

/// Walks the indexes of points, each block once, and finds which entries can't be restored and why.
///
/// Not thread-safe.
final class IndexSurvey {
  /// What points lost for one reason.
  struct Loss {
    /// The points, in the order in which they were surveyed.
    var points: [RecoveryPointID] = []
    /// The first paths, each once.
    var paths: [PathBytes] = []
    var entryCount = 0
    fileprivate var seen: Set<PathBytes> = []
    fileprivate var blocks: Set<ChunkID> = []
  }

  /// A block that can't be used.
  struct BadBlock: Hashable {
    var id: ChunkID
    /// The block's first path; nil for a root.
    var first: PathBytes?
    /// The first path of the block after it, if there is one.
    var next: PathBytes?
  }

  private enum Node {
    case leaf(LeafExamination)
    case branch([IndexReader.Branch])
    case bad(any Error)
  }

  private let chunks: ChunkReader
  private let stored: StoredChunks
  private let pathLimit: Int
  private let cancellation: Cancellation
  private var nodes: [ChunkID: Node] = [:]
  /// What was lost, by the reason.
  private(set) var losses: [StoredChunks.Fate: Loss] = [:]
  /// Blocks that can't be read or aren't valid.
  private(set) var badBlocks: [(block: BadBlock, error: any Error, points: [RecoveryPointID])] = []
  /// Different index blocks that were read.
  var blockCount: Int { nodes.count }
  /// Entries in them.
  private(set) var entryCount = 0
  /// References to chunks in them.
  private(set) var chunkReferences = 0

  init(chunks: ChunkReader, stored: StoredChunks, pathLimit: Int, cancellation: Cancellation) {
    self.chunks = chunks
    self.stored = stored
    self.pathLimit = pathLimit
    self.cancellation = cancellation
  }

  /// What is needed to examine the border between two leaf blocks.
  private struct Border {
    var lastPath: PathBytes?
    var open: LeafExamination.OpenFileEntry?
    /// A block was lost, so what comes next can't be compared with what came before.
    var isBroken = false
  }

  /// Walks the index of a point.
  func survey(_ point: RecoveryPointID, _ root: IndexRoot) throws {
    let reader: IndexReader
    do {
      reader = try IndexReader(root: root, chunks: chunks)
    } catch let error as RepositoryError where error.code == .damaged {
      note(BadBlock(id: root.root), error, point)
      return
    }
    var border = Border()
    try walk(BadBlock(id: root.root), level: root.level, reader, point, &border)
    do {
      try LeafExamination.close(border.open)
    } catch {
      note(BadBlock(id: root.root), error, point)
    }
  }

  private func walk(
    _ block: BadBlock, level: Int, _ reader: IndexReader, _ point: RecoveryPointID, _ border: inout Border
  ) throws {
    try cancellation.check()
    let fate = stored.fate(of: block.id)
    // A block that no whole table of contents lists may still be found by luck; it counts as lost all the same.
    if fate != .stored { add(fate, point) }
    switch node(block.id, level: level, reader) {
    case .bad(let error):
      note(block, error, point)
      border = Border(isBroken: true)
    case .branch(let branches):
      for (position, branch) in branches.enumerated() {
        let next = position + 1 < branches.count ? branches[position + 1].path : block.next
        try walk(
          BadBlock(id: branch.child, first: branch.path, next: next), level: level - 1, reader, point, &border)
      }
    case .leaf(let leaf):
      do {
        try cross(&border, to: leaf, block)
      } catch {
        note(block, error, point)
        border = Border(isBroken: true)
      }
      for (fate, losses) in leaf.losses { add(fate, losses, of: block.id, point) }
    }
  }

  private func cross(_ border: inout Border, to leaf: LeafExamination, _ block: BadBlock) throws {
    if let first = block.first, first != leaf.firstPath {
      throw LeafExamination.damaged("a block doesn't begin with the path that its branch says", leaf.firstPath)
    }
    if let leading = leaf.leading {
      if !border.isBroken {
        guard border.open?.path == leaf.firstPath, border.open?.covered == leading.offset else {
          throw LeafExamination.damaged("a continuation line is out of place", leaf.firstPath)
        }
        border.open?.covered += leading.bytes
      }
      if leaf.isAllLeading { return }
    } else {
      if border.lastPath == nil, !border.isBroken, !isRootPath(leaf.firstPath[...]) {
        throw LeafExamination.damaged("it doesn't begin with the root", leaf.firstPath)
      }
      if let last = border.lastPath, comparePaths(last[...], leaf.firstPath[...]) >= 0 {
        throw LeafExamination.damaged("its entries are not sorted", leaf.firstPath)
      }
    }
    try LeafExamination.close(border.open)
    border = Border(lastPath: leaf.lastPath, open: leaf.trailing)
  }

  private func node(_ id: ChunkID, level: Int, _ reader: IndexReader) -> Node {
    if let known = nodes[id] { return known }
    let node: Node
    do {
      let bytes = try reader.block(id)
      if level == 0 {
        let leaf = try LeafExamination(bytes, pathLimit: pathLimit) { stored.fate(of: $0) }
        entryCount += leaf.entryCount
        chunkReferences += leaf.chunkReferences
        node = .leaf(leaf)
      } else {
        node = .branch(try reader.branches(bytes))
      }
    } catch {
      node = .bad(error)
    }
    nodes[id] = node
    return node
  }

  private func add(_ fate: StoredChunks.Fate, _ point: RecoveryPointID) {
    if losses[fate]?.points.last != point { losses[fate, default: Loss()].points.append(point) }
  }

  private func add(
    _ fate: StoredChunks.Fate, _ more: LeafExamination.Losses, of block: ChunkID, _ point: RecoveryPointID
  ) {
    add(fate, point)
    var loss = losses[fate] ?? Loss()
    if loss.blocks.insert(block).inserted {
      loss.entryCount += more.count
      for path in more.paths where loss.paths.count < pathLimit && loss.seen.insert(path).inserted {
        loss.paths.append(path)
      }
    }
    losses[fate] = loss
  }

  private func note(_ block: BadBlock, _ error: any Error, _ point: RecoveryPointID) {
    if let known = badBlocks.firstIndex(where: { $0.block == block }) {
      if badBlocks[known].points.last != point { badBlocks[known].points.append(point) }
    } else {
      badBlocks.append((block, error, [point]))
    }
  }
}
