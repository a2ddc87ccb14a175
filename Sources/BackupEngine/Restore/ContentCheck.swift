import BackupArchive
import BackupModel
import BackupRepository
import HostSystem

/// Compares the content of a file with the extents of an entry by reading and hashing it.
///
/// Not thread-safe: each thread has its own.
final class ContentCheck {
  private var buffer: [UInt8] = []
  private static let holePiece: Int64 = 1 << 20

  /// The extents, by their numbers, that the file doesn't hold.
  ///
  /// - Parameter firstOnly: end at the first difference.
  func differences(
    of file: OpenFile, from entry: IndexEntry, firstOnly: Bool = false
  ) throws(SystemError) -> [Int] {
    var differences: [Int] = []
    var offset: Int64 = 0
    var data: [Range<Int64>]?
    for (number, extent) in entry.extents.enumerated() {
      let isSame: Bool
      if let chunk = extent.chunk {
        isSame = try holds(chunk, length: Int(extent.length), at: offset, of: file)
      } else {
        let ranges: [Range<Int64>]
        if let data { ranges = data } else { ranges = try file.dataRanges(size: entry.size) }
        data = ranges
        isSame = try isZero(offset..<offset + extent.length, of: file, data: ranges)
      }
      if !isSame {
        differences.append(number)
        if firstOnly { break }
      }
      offset += extent.length
    }
    return differences
  }

  private func holds(_ chunk: ChunkID, length: Int, at offset: Int64, of file: OpenFile) throws(SystemError) -> Bool {
    buffer.removeAll(keepingCapacity: true)
    guard try file.read(at: offset, count: length, appendingTo: &buffer) == length else { return false }
    return ChunkID(of: buffer) == chunk
  }

  /// What isn't a hole in the file is read: it may hold zeros.
  private func isZero(_ range: Range<Int64>, of file: OpenFile, data: [Range<Int64>]) throws(SystemError) -> Bool {
    for part in data where part.overlaps(range) {
      var position = max(part.lowerBound, range.lowerBound)
      let end = min(part.upperBound, range.upperBound)
      while position < end {
        buffer.removeAll(keepingCapacity: true)
        let count = Int(min(end - position, Self.holePiece))
        guard try file.read(at: position, count: count, appendingTo: &buffer) == count else { return false }
        guard BackupArchive.isZero(buffer[...]) else { return false }
        position += Int64(count)
      }
    }
    return true
  }
}
