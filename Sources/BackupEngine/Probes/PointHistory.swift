import BackupModel
import BackupRepository
import HostSystem

/// A point and those of its source before it, for probes that compare.
struct PointHistory: Sendable {
  let store: SourceStore
  let point: RecoveryPoint
  /// How far back is looked.
  private static let mostPoints = 400

  /// Calls `body` with what earlier points have under a path, the newest first. Points that can't be read, and those that have no file
  /// there, are passed over.
  ///
  /// - Parameter body: returns false to end.
  func forEachEarlier(_ path: PathBytes, _ body: (RecoveryPoint, IndexEntry, ChunkReader) throws -> Bool) throws {
    let chunks = try store.chunkReader(keepsTables: false)
    for id in try store.pointIDs().reversed().filter({ $0 < point.id }).prefix(Self.mostPoints) {
      // What an earlier point can't tell is the matter of `check` and `verify`.
      guard let earlier = try? store.point(id), earlier.index != point.index,
        // As above.
        let entry = try? IndexReader(root: earlier.index, chunks: chunks).entry(at: path), entry.kind == .file
      else { continue }
      guard try body(earlier, entry, chunks) else { return }
    }
  }

  /// What this point has under a path.
  func entry(_ path: PathBytes) throws -> IndexEntry? {
    try IndexReader(root: point.index, chunks: store.chunkReader(keepsTables: false)).entry(at: path)
  }

  /// The first bytes of a file of a point; nil if they can't be read.
  static func beginning(of entry: IndexEntry, _ chunks: ChunkReader, count: Int) -> [UInt8]? {
    var bytes: [UInt8] = []
    do {
      try FileContent(chunks).read(entry) { part in
        bytes += part.prefix(count - bytes.count)
        return bytes.count < count
      }
      return bytes
    } catch {
      return nil
    }
  }
}
