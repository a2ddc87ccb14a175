import BackupArchive
import BackupModel

/// Reads the blocks of indexes. Not thread-safe: each thread has its own.
final class IndexBlockReader {
  private let chunks: ChunkReader
  private let decompressor: FrameDecompressor

  /// Begins to read from the packs of a source.
  init(_ chunks: ChunkReader) throws {
    self.chunks = chunks
    decompressor = try FrameDecompressor()
  }

  /// The bytes of a block: lines, each ended by a newline.
  ///
  /// - Throws: ``RepositoryError`` `damaged`.
  func block(_ id: ChunkID) throws -> [UInt8] { try block(at: try chunks.location(of: id)) }

  /// The bytes of a block whose place is known already.
  ///
  /// - Throws: as ``block(_:)``.
  func block(at location: ChunkLocation) throws -> [UInt8] {
    let bytes = try chunks.bytes(foundAt: location, with: decompressor)
    guard bytes.count <= IndexLimits.blockBytes, bytes.last == 0x0A else {
      throw RepositoryError(.damaged, "cannot read an index block: \(location.record.id) is not made of lines")
    }
    return bytes
  }
}
