public import BackupModel

/// A frame's place in its pack.
public struct FrameRecord: Sendable, Hashable {
  /// Offset of the first byte in the file.
  public let offset: UInt64
  /// Compressed size in bytes.
  public let size: UInt32
  /// Decompressed size in bytes.
  public let contentSize: UInt32
}

/// A chunk's place in its pack.
public struct ChunkRecord: Sendable, Hashable {
  /// The chunk.
  public let id: ChunkID
  /// The frame that holds it.
  public let frame: UInt32
  /// Offset in the decompressed frame.
  public let offset: UInt32
  /// Length in bytes.
  public let length: UInt32
}

/// The table of contents of a pack, as `docs/format.md`, section 4, lays it out.
enum TableOfContents {
  static let magic: [UInt8] = Array("BKPTOC1\n".utf8)
  static let skippableMagic: UInt32 = 0x184D_2A5B
  static let headerBytes = 24
  static let frameBytes = 16
  static let runBytes = 4
  static let chunkBytes = 44
  static let footerBytes = 48
  static let digestBytes = 32

  /// How many records of each kind a table has.
  struct Counts: Hashable {
    var frames: Int
    var runs: Int
    var chunks: Int

    /// The size of a table's content in bytes.
    var contentBytes: Int64 {
      Int64(headerBytes + footerBytes) + Int64(frameBytes) * Int64(frames) + Int64(runBytes) * Int64(runs)
        + Int64(chunkBytes) * Int64(chunks)
    }
    var framesOffset: Int64 { Int64(headerBytes) }
    var runsOffset: Int64 { framesOffset + Int64(frameBytes * frames) }
    var chunksOffset: Int64 { runsOffset + Int64(runBytes * runs) }

    /// Reads the counts that stand in a header (at 8) and in a footer (at 0).
    init?(_ all: [UInt8], at offset: Int) {
      frames = Int(all.littleEndian(at: offset, as: UInt32.self))
      runs = Int(all.littleEndian(at: offset + 4, as: UInt32.self))
      chunks = Int(all.littleEndian(at: offset + 8, as: UInt32.self))
      guard all.littleEndian(at: offset + 12, as: UInt32.self) == 0,
        max(frames, runs, chunks) <= PackLimits.records, contentBytes <= PackLimits.tableBytes
      else { return nil }
    }

    init(frames: Int, runs: Int, chunks: Int) {
      self.frames = frames
      self.runs = runs
      self.chunks = chunks
    }

    func append(to bytes: inout [UInt8]) {
      bytes.append(littleEndian: UInt32(frames))
      bytes.append(littleEndian: UInt32(runs))
      bytes.append(littleEndian: UInt32(chunks))
      bytes.append(littleEndian: UInt32(0))
    }
  }

  /// The whole skippable frame.
  ///
  /// - Parameter chunks: sorted by id, ids unique.
  static func encode(frames: [FrameRecord], runs: [UInt32], chunks: [ChunkRecord]) throws(ArchiveError) -> [UInt8] {
    let counts = Counts(frames: frames.count, runs: runs.count, chunks: chunks.count)
    guard counts.contentBytes <= PackLimits.tableBytes else {
      throw ArchiveError(.tooLarge, "cannot write a table of contents of \(counts.contentBytes) bytes")
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Int(counts.contentBytes) + 8)
    bytes.append(littleEndian: skippableMagic)
    bytes.append(littleEndian: UInt32(counts.contentBytes))
    bytes += magic
    counts.append(to: &bytes)
    for frame in frames {
      bytes.append(littleEndian: frame.offset)
      bytes.append(littleEndian: frame.size)
      bytes.append(littleEndian: frame.contentSize)
    }
    for run in runs { bytes.append(littleEndian: run) }
    for chunk in chunks {
      let words = chunk.id.words
      for word in 0..<4 { bytes.append(littleEndian: words[word].byteSwapped) }
      bytes.append(littleEndian: chunk.frame)
      bytes.append(littleEndian: chunk.offset)
      bytes.append(littleEndian: chunk.length)
    }
    counts.append(to: &bytes)
    bytes += ChunkID(of: bytes[8...]).bytes
    return bytes
  }

  static func frame(_ bytes: ArraySlice<UInt8>) -> FrameRecord {
    FrameRecord(
      offset: bytes.littleEndian(at: 0, as: UInt64.self), size: bytes.littleEndian(at: 8, as: UInt32.self),
      contentSize: bytes.littleEndian(at: 12, as: UInt32.self))
  }

  static func id(_ bytes: [UInt8], at offset: Int) -> ChunkID {
    var words = SIMD4<UInt64>()
    for word in 0..<4 { words[word] = bytes.littleEndian(at: offset + 8 * word, as: UInt64.self).byteSwapped }
    return ChunkID(words: words)
  }

  static func chunk(_ bytes: [UInt8], at offset: Int) -> ChunkRecord {
    ChunkRecord(
      id: id(bytes, at: offset), frame: bytes.littleEndian(at: offset + 32, as: UInt32.self),
      offset: bytes.littleEndian(at: offset + 36, as: UInt32.self),
      length: bytes.littleEndian(at: offset + 40, as: UInt32.self))
  }
}

/// The seek table of the zstd seekable format 0.1.0 (zstd's `contrib/seekable_format`).
enum SeekTable {
  static let skippableMagic: UInt32 = 0x184D_2A5E
  static let footerMagic: UInt32 = 0x8F92_EAB1
  static let footerBytes = 9

  /// The whole skippable frame for frames and the table of contents after them.
  static func encode(frames: [FrameRecord], tableBytes: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: skippableMagic)
    bytes.append(littleEndian: UInt32((frames.count + 1) * 8 + footerBytes))
    for frame in frames {
      bytes.append(littleEndian: frame.size)
      bytes.append(littleEndian: frame.contentSize)
    }
    bytes.append(littleEndian: UInt32(tableBytes))
    bytes.append(littleEndian: UInt32(0))
    bytes.append(littleEndian: UInt32(frames.count + 1))
    bytes.append(0)
    bytes.append(littleEndian: footerMagic)
    return bytes
  }

  /// The size in bytes of the whole skippable frame whose last bytes are `tail`; nil if it isn't a seek table.
  static func size(tail: [UInt8]) -> Int64? {
    guard tail.count >= footerBytes else { return nil }
    let footer = tail.count - footerBytes
    guard tail.littleEndian(at: footer + 5, as: UInt32.self) == footerMagic, tail[footer + 4] == 0 else { return nil }
    return 8 + 8 * Int64(tail.littleEndian(at: footer, as: UInt32.self)) + Int64(footerBytes)
  }
}
