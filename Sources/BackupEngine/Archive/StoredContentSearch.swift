import BackupArchive
import BackupModel
import BackupRepository
import HostSystem

/// Tells whether a large file that has no predecessor is new as a whole, or holds what is stored already: a copy, a file under another
/// name, the dump of another day.
///
/// Looks for known chunks in ``places`` places of the same length, the beginning and the end among them; of a file that isn't longer than
/// these together, everywhere. Where a place doesn't begin with a chunk, cuts are found anew after one or two.
struct StoredContentSearch {
  private static let places: Int64 = 5
  private let file: OpenFile
  private let chunker: Chunker
  private let claims: ChunkClaims
  private let cancellation: Cancellation

  init(_ file: OpenFile, chunker: Chunker, claims: ChunkClaims, cancellation: Cancellation) {
    self.file = file
    self.chunker = chunker
    self.claims = claims
    self.cancellation = cancellation
  }

  /// Whether a chunk that is stored was found.
  ///
  /// - Parameter ranges: where the file has data, ascending.
  /// - Throws: `SystemError` if it can't be read; `CancellationError`.
  func findsAny(in ranges: [Range<Int64>]) throws -> Bool {
    let length = Int64(chunker.maximum)
    let total = ranges.reduce(0) { $0 + $1.upperBound - $1.lowerBound }
    guard total > Self.places * length else { return try ranges.contains { try findsAny(in: $0) } }
    for place in 0..<Self.places {
      // Counted over the data, without the holes.
      var position = (total - length) / (Self.places - 1) * place
      for range in ranges {
        let count = range.upperBound - range.lowerBound
        if position < count {
          let start = range.lowerBound + position
          if try findsAny(in: start..<min(start + length, range.upperBound)) { return true }
          break
        }
        position -= count
      }
    }
    return false
  }

  private func findsAny(in range: Range<Int64>) throws -> Bool {
    var content: [UInt8] = []
    var position = range.lowerBound
    while position < range.upperBound {
      try cancellation.check()
      let wanted = min(Int64(chunker.maximum) - Int64(content.count), range.upperBound - position)
      guard try file.read(at: position, count: Int(wanted), appendingTo: &content) == Int(wanted) else { return false }
      position += wanted
      // The last chunk of the range may be cut short by its end; then it's unknown, as it should be.
      var start = 0
      while start < content.count, position == range.upperBound || content.count - start >= chunker.maximum {
        let length = chunker.firstChunkLength(in: content, from: start, to: content.count)
        if try claims.contains(ChunkID(of: content[start..<start + length])) { return true }
        start += length
      }
      content.removeFirst(start)
    }
    return false
  }
}
