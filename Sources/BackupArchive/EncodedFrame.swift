public import BackupModel

/// Where a chunk lies in the decompressed content of a frame.
public struct FrameChunk: Sendable, Hashable {
  /// The chunk.
  public let id: ChunkID
  /// Offset of its first byte.
  public let offset: UInt32
  /// Its length in bytes.
  public let length: UInt32

  /// Makes a record of a chunk at an offset.
  public init(id: ChunkID, offset: Int, length: Int) {
    self.id = id
    self.offset = UInt32(offset)
    self.length = UInt32(length)
  }
}

/// A zstd frame of a pack with what the table of contents says of it.
public struct EncodedFrame: Sendable {
  /// The compressed bytes: exactly one zstd frame.
  public let bytes: [UInt8]
  /// How many bytes it decompresses to.
  public let contentSize: Int
  /// The chunks that lie in it.
  public let chunks: [FrameChunk]
  /// Whether it begins with the header of a tar member, so that a run of whole members may begin here.
  public let beginsMember: Bool

  /// Describes a frame that exists already; nothing is proved.
  public init(bytes: [UInt8], contentSize: Int, chunks: [FrameChunk], beginsMember: Bool) {
    self.bytes = bytes
    self.contentSize = contentSize
    self.chunks = chunks
    self.beginsMember = beginsMember
  }
}

extension PackReader {
  /// A frame as it is, for another pack.
  ///
  /// Its bytes are neither decompressed nor proved: what is damaged stays damaged, and is found by the same checksum and hashes.
  /// - Parameters:
  ///   - chunks: all that the table of contents lists in the frame.
  ///   - beginsMember: whether it begins with the header of a tar member.
  /// - Throws: ``ArchiveError`` `damagedFrame` if the file ends before it; `SystemError` if it can't be read.
  public func copiedFrame(_ number: Int, chunks: [FrameChunk], beginsMember: Bool) throws -> EncodedFrame {
    EncodedFrame(
      bytes: try compressedFrame(number), contentSize: Int(frames[number].contentSize), chunks: chunks,
      beginsMember: beginsMember)
  }
}

/// Makes frames and proves each by decompressing it.
///
/// Not thread-safe: each thread has its own.
public final class FrameEncoder {
  private let compressor: FrameCompressor
  private let decompressor: FrameDecompressor
  private let level: Int
  private var readBack: [UInt8] = []

  /// Makes an encoder for a compression level, 1 to 19.
  public init(level: Int) throws(ArchiveError) {
    compressor = try FrameCompressor()
    decompressor = try FrameDecompressor()
    self.level = level
  }

  /// Compresses `content`, decompresses the result, and compares.
  ///
  /// Content that doesn't shrink by sampling is stored raw.
  /// - Throws: ``ArchiveError`` `library` if compressing fails; `damagedFrame` if the frame doesn't decompress to
  ///   `content`: the machine's memory or the library can't be trusted then.
  public func encode(_ content: [UInt8], chunks: [FrameChunk], beginsMember: Bool) throws(ArchiveError) -> EncodedFrame
  {
    guard !content.isEmpty, content.count <= PackLimits.frameContentBytes else {
      throw ArchiveError(.tooLarge, "cannot make a frame of \(content.count) bytes")
    }
    let compression = try compressor.looksIncompressible(content) ? Compression.stored : .level(level)
    let compressed = try compressor.compress(content, compression)
    try decompressor.decompress(compressed, size: content.count, into: &readBack)
    guard haveSameBytes(readBack, content) else {
      throw ArchiveError(
        .damagedFrame, "a frame that was just compressed does not decompress to its content",
        cause: "faulty memory or a faulty compression library")
    }
    return EncodedFrame(
      bytes: compressed, contentSize: content.count, chunks: chunks, beginsMember: beginsMember)
  }
}

/// The limits of `docs/format.md`, section 13, that concern packs.
public enum PackLimits {
  /// A frame's decompressed size.
  public static let frameContentBytes = 64 << 20
  /// A table of contents.
  public static let tableBytes = Int64(UInt32.max)
  /// Frames, runs, or chunks.
  public static let records = Int(Int32.max)
}
