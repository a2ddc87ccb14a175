import BackupArchive
import BackupModel
public import BackupRepository
import HostSystem

/// Reads the content of files of a point from its beginning to its end, one chunk in memory at a time.
///
/// Not thread-safe.
public final class FileContent {
  private let chunks: ChunkReader
  private let decompressor: FrameDecompressor
  private var frame: [UInt8] = []
  private var framePlace: Place?
  private static let zeros = [UInt8](repeating: 0, count: 1 << 16)

  private struct Place: Equatable {
    var pack: PackName
    var frame: UInt32
  }

  /// Reads through a source's chunks.
  public init(_ chunks: ChunkReader) throws {
    self.chunks = chunks
    decompressor = try FrameDecompressor()
  }

  /// Gives the bytes of a file in order to `body`, each chunk verified by its hash before; holes are zeros.
  ///
  /// - Parameter body: returns false to end.
  /// - Throws: `RepositoryError` `damaged` after what precedes the damage was given; what `body` throws.
  public func read(_ entry: IndexEntry, _ body: (ArraySlice<UInt8>) throws -> Bool) throws {
    for extent in entry.extents {
      if let chunk = extent.chunk {
        guard try read(chunk, length: extent.length, of: entry, body) else { return }
        continue
      }
      var rest = extent.length
      while rest > 0 {
        let count = min(rest, Int64(Self.zeros.count))
        guard try body(Self.zeros[..<Int(count)]) else { return }
        rest -= count
      }
    }
  }

  private func read(
    _ chunk: ChunkID, length: Int64, of entry: IndexEntry, _ body: (ArraySlice<UInt8>) throws -> Bool
  ) throws -> Bool {
    let bytes = try bytes(of: chunk)
    guard bytes.count == length else {
      throw RepositoryError(
        .damaged, "cannot read \(entry.path.displayedPath): its chunk \(chunk) has another length than the index says")
    }
    return try body(bytes)
  }

  /// The chunk's bytes, out of the last frame if it is there: neighbours share one.
  private func bytes(of chunk: ChunkID) throws -> ArraySlice<UInt8> {
    let location = try chunks.location(of: chunk)
    let place = Place(pack: location.pack, frame: location.record.frame)
    do {
      if place != framePlace {
        framePlace = nil
        try chunks.read(location, with: decompressor, into: &frame)
        framePlace = place
      }
      return try chunks.chunk(at: location, in: frame)
    } catch let error as RepositoryError where error.code == .damaged {
      // Another pack may hold the chunk whole; if none does, the first error is the one that names the damage.
      guard let bytes = try? chunks.bytes(of: chunk, with: decompressor) else { throw naming(place, error) }
      return bytes[...]
    }
  }

  private func naming(_ place: Place, _ error: RepositoryError) -> RepositoryError {
    guard !error.message.contains("frame \(place.frame)") else { return error }
    return RepositoryError(
      .damaged, error.message + " in frame \(place.frame)", cause: error.cause, hint: error.hint)
  }
}
