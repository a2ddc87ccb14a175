import BackupArchive
import BackupModel
import Foundation
import HostSystem

@testable import BackupRepository

/// A repository in a temporary directory, into whose packs a test puts what it likes.
final class ScratchRepository {
  let url: URL
  let repository: Repository
  let source: SourceID

  init(source name: String = "scene") throws {
    url = FileManager.default.temporaryDirectory.appending(path: "backupctl-repository-\(UUID().uuidString)")
    repository = try Repository.create(
      Array(url.path.utf8), id: "00000000-0000-4000-8000-000000000000", created: Timestamp(seconds: 1_795_323_600),
      tool: "tests")
    source = SourceID(kind: .tree, name: name) ?? SourceID.scene
  }

  deinit {
    try? FileManager.default.removeItem(at: url)  // What can't be removed is left to the system.
  }

  var store: SourceStore { repository.store(source) }

  /// Stores blocks as one pack.
  func storePack(_ blocks: [[UInt8]], number: Int = 1) throws {
    try store.storage.makeDirectories(store.packsPath)
    try store.storage.makeDirectories(store.pointsPath)
    let name = PackName(point: RecoveryPointID(begun: Timestamp(seconds: 1_795_323_600)), number: number)
    let file = try store.storage.createFile("\(store.packsPath)/\(name.fileName)")
    var writer = PackWriter(output: Output(file: file))
    let encoder = try FrameEncoder(level: 1)
    for block in blocks {
      let chunk = FrameChunk(id: ChunkID(of: block), offset: 0, length: block.count)
      try writer.append(try encoder.encode(block, chunks: [chunk], beginsMember: true))
    }
    try writer.finish(encoder)
    try file.close()
  }

  private struct Output: PackOutput {
    let file: any StorageFile
    func write(_ bytes: [UInt8]) throws { try file.write(bytes) }
  }

  func reader(of root: IndexRoot) throws -> IndexReader {
    try IndexReader(root: root, chunks: try store.chunkReader(keepsTables: true))
  }
}

extension SourceID {
  /// A name that is valid.
  static let scene = ["tree/scene"].compactMap(SourceID.init(parsing:))[0]
}

/// Index blocks built from lines.
struct BuiltIndex {
  var blocks: [ChunkID: [UInt8]] = [:]
  /// In the order in which they were made.
  var order: [ChunkID] = []
  var root: IndexRoot?

  /// Builds from the lines of entries, handed over in pieces of `piece` entries.
  init(_ entries: [IndexEntry], piece: Int = .max) throws {
    var builder = IndexBuilder()
    var start = 0
    while start < entries.count {
      let end = piece == .max ? entries.count : min(start + piece, entries.count)
      let lines = IndexSample.lines(Array(entries[start..<end]))
      try builder.append(lines[...]) { add($0, $1) }
      start = end
    }
    root = try builder.finish { add($0, $1) }
  }

  private mutating func add(_ id: ChunkID, _ block: [UInt8]) {
    blocks[id] = block
    order.append(id)
  }

  /// Stores the blocks, and opens the index.
  func reader(in scratch: ScratchRepository) throws -> IndexReader {
    try scratch.storePack(Array(blocks.values))
    guard let root else { throw RepositoryError(.damaged, "cannot read an empty index") }
    return try scratch.reader(of: root)
  }
}
