import BackupArchive
import BackupModel

/// The chunks of a pack by the frame that holds them.
///
/// Takes 52 bytes a chunk while one pack is verified.
struct FrameChunks: Sendable {
  private var records: [ChunkRecord] = []
  /// Numbers of records, ordered by frame.
  private var order: [UInt32] = []
  /// Where in `order` each frame begins; one more for the end.
  private var starts: [Int]

  /// No chunks: for a pack whose table of contents can't be used, of which only the checksums of frames can be examined.
  init(frameCount: Int) { starts = [Int](repeating: 0, count: frameCount + 1) }

  /// Reads the table of contents of a pack.
  ///
  /// - Throws: `ArchiveError` `damagedTable`; `SystemError` if it can't be read.
  init(_ reader: PackReader) throws {
    self.init(frameCount: reader.frames.count)
    records.reserveCapacity(reader.chunkCount)
    try reader.forEachChunk { chunk in
      records.append(chunk)
      starts[Int(chunk.frame) + 1] += 1
    }
    for frame in reader.frames.indices { starts[frame + 1] += starts[frame] }
    var free = starts
    order = [UInt32](repeating: 0, count: records.count)
    for (number, record) in records.enumerated() {
      order[free[Int(record.frame)]] = UInt32(number)
      free[Int(record.frame)] += 1
    }
  }

  /// Hashes the chunks of a frame.
  ///
  /// - Returns: what is wrong with the first one that isn't what its name says, or nil.
  func firstMismatch(inFrame frame: Int, _ content: [UInt8], hashed: inout Int) -> String? {
    for number in order[starts[frame]..<starts[frame + 1]] {
      let record = records[Int(number)]
      let bytes = content[Int(record.offset)..<Int(record.offset) + Int(record.length)]
      hashed += 1
      guard ChunkID(of: bytes) == record.id else { return "chunk \(record.id) does not match its hash" }
    }
    return nil
  }
}
