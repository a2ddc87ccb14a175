import BackupModel
import HostSystem

/// The chunks that points of a source need: those of their files, and the blocks of their indexes.
///
/// Takes 24 bytes for each. Each block of an index is read once, however many points share it.
struct LiveChunks {
  private(set) var chunks: KnownChunks
  /// Blocks whose lines were read. A set of its own: a file may have the very content of a block.
  private var blocks = KnownChunks()
  private let reader: ChunkReader

  /// Nothing is needed yet.
  ///
  /// - Parameter expected: how many different chunks there will be, about; a set that grows step by step costs time.
  init(_ reader: ChunkReader, expected: Int) {
    self.reader = reader
    chunks = KnownChunks(capacity: expected)
  }

  /// How many different chunks are needed.
  var count: Int { chunks.count }

  /// Adds what a point needs.
  ///
  /// - Parameter isPartial: whether blocks may be lost: what only they name can't be restored by anybody.
  /// - Throws: ``RepositoryError`` `damaged` if a block can't be had: then nobody knows what the point needs; `CancellationError`.
  mutating func add(_ root: IndexRoot, isPartial: Bool = false, cancellation: Cancellation) throws {
    let index = try IndexReader(root: root, chunks: reader)
    var waiting = [(id: root.root, level: root.level)]
    var keys: [KnownChunks.Key] = []
    while let (id, level) = waiting.popLast() {
      _ = chunks.insert(id)
      guard blocks.insert(id) else { continue }
      try cancellation.check()
      do {
        let block = try index.block(id)
        if level > 0 {
          try IndexChunks.forEachChild(in: block) { waiting.append(($0, level - 1)) }
        } else {
          keys.removeAll(keepingCapacity: true)
          try IndexChunks.appendKeys(in: block, to: &keys)
          chunks.insert(keys)
        }
      } catch let error as RepositoryError where error.code == .damaged && isPartial {
        continue
      }
    }
  }
}
