import CZstd
import Glibc

// Unsafe code: libzstd takes pointers with lengths. Each call gets a pointer into an array that outlives the call
// and that array's own length; results are examined by ZSTD_isError.

/// How the content of a frame is compressed.
public enum Compression: Sendable, Hashable {
  /// zstd at a level, 1 (fast) to 19 (small).
  case level(Int)
  /// Raw blocks: for content that doesn't compress.
  case stored
}

/// Compresses byte arrays into independent zstd frames with content size and checksum.
///
/// Not thread-safe: each thread has its own.
public final class FrameCompressor {
  private let context: OpaquePointer

  /// Makes a compressor.
  ///
  /// - Throws: ``ArchiveError`` `library` if there is no memory for it.
  public init() throws(ArchiveError) {
    guard let context = ZSTD_createCCtx() else {
      throw ArchiveError(.library, "cannot make a zstd compressor: out of memory")
    }
    self.context = context
  }

  deinit { ZSTD_freeCCtx(context) }

  /// Compresses all of `content` into one frame.
  ///
  /// - Throws: ``ArchiveError`` `library`.
  public func compress(_ content: [UInt8], _ compression: Compression) throws(ArchiveError) -> [UInt8] {
    let level: Int32
    switch compression {
    case .level(let number): level = Int32(number)
    // The fastest level searches next to nothing, and blocks that didn't shrink are written raw.
    case .stored: level = ZSTD_minCLevel()
    }
    try check(ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters))
    try check(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level))
    try check(ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1))
    var result = 0
    let frame = [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(content.count)) { output, count in
      result = content.withUnsafeBytes { input in
        ZSTD_compress2(context, output.baseAddress, output.count, input.baseAddress, input.count)
      }
      count = ZSTD_isError(result) == 0 ? result : 0
    }
    try check(result)
    // Frames wait in memory to be written; one that shrank much gives its room back.
    return frame.count * 2 > frame.capacity ? frame : Array(frame[...])
  }

  /// Whether a few samples of `content` shrink by less than 3 %, so that compressing all of it would be wasted.
  ///
  /// - Throws: ``ArchiveError`` `library`.
  public func looksIncompressible(_ content: [UInt8]) throws(ArchiveError) -> Bool {
    let sampleSize = 8192
    let samples = 6
    guard content.count >= 4 * samples * sampleSize else { return false }
    try check(ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters))
    try check(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 1))
    var output = [UInt8](repeating: 0, count: ZSTD_compressBound(sampleSize))
    var total = 0
    let stride = (content.count - sampleSize) / (samples - 1)
    for sample in 0..<samples {
      let size = output.withUnsafeMutableBytes { output in
        content.withUnsafeBytes { input in
          ZSTD_compress2(
            context, output.baseAddress, output.count, input.baseAddress.map { $0 + sample * stride }, sampleSize)
        }
      }
      try check(size)
      total += size
    }
    return total * 100 >= samples * sampleSize * 97
  }

  private func check(_ result: Int) throws(ArchiveError) {
    guard ZSTD_isError(result) == 0 else {
      throw ArchiveError(.library, "cannot compress a frame", cause: String(cString: ZSTD_getErrorName(result)))
    }
  }
}

/// Decompresses zstd frames.
///
/// Not thread-safe: each thread has its own.
public final class FrameDecompressor {
  private let context: OpaquePointer

  /// Makes a decompressor.
  ///
  /// - Throws: ``ArchiveError`` `library` if there is no memory for it.
  public init() throws(ArchiveError) {
    guard let context = ZSTD_createDCtx() else {
      throw ArchiveError(.library, "cannot make a zstd decompressor: out of memory")
    }
    self.context = context
  }

  deinit { ZSTD_freeDCtx(context) }

  /// Decompresses exactly one frame; the content replaces what `content` held.
  ///
  /// - Parameter size: the decompressed size that the pack states.
  /// - Throws: ``ArchiveError`` `damagedFrame` if the frame isn't whole, fails its checksum, or has another size.
  public func decompress(_ frame: [UInt8], size: Int, into content: inout [UInt8]) throws(ArchiveError) {
    // A frame says how large its content is: a damaged size is found before memory is taken for it.
    let stated = frame.withUnsafeBytes { ZSTD_getFrameContentSize($0.baseAddress, $0.count) }
    guard stated == UInt64(size) else {
      throw ArchiveError(.damagedFrame, "the frame is damaged", cause: "its size is not the one that the pack states")
    }
    if content.count > size { content.removeLast(content.count - size) }
    if content.capacity < size {
      content = [UInt8](repeating: 0, count: size)
    } else if content.count < size {
      content += [UInt8](repeating: 0, count: size - content.count)
    }
    let result = content.withUnsafeMutableBytes { output in
      frame.withUnsafeBytes { input in
        let whole = ZSTD_findFrameCompressedSize(input.baseAddress, input.count)
        if ZSTD_isError(whole) != 0 { return whole }
        // More than one frame would decompress too; the pack says one.
        if whole != input.count { return size &+ 1 }
        return ZSTD_decompressDCtx(context, output.baseAddress, output.count, input.baseAddress, input.count)
      }
    }
    if ZSTD_isError(result) != 0 {
      throw ArchiveError(
        .damagedFrame, "the frame is damaged", cause: "zstd: \(String(cString: ZSTD_getErrorName(result)))")
    }
    guard result == size else {
      throw ArchiveError(.damagedFrame, "the frame is damaged", cause: "its size is not the one that the pack states")
    }
  }
}

/// Whether two arrays hold the same bytes, compared as memory: `==` of arrays goes element by element.
func haveSameBytes(_ left: [UInt8], _ right: [UInt8]) -> Bool {
  left.count == right.count
    && left.withUnsafeBytes { leftBytes in
      right.withUnsafeBytes { rightBytes in
        guard let first = leftBytes.baseAddress, let second = rightBytes.baseAddress else { return true }
        return memcmp(first, second, leftBytes.count) == 0
      }
    }
}

/// Whether bytes are zeros only, compared as memory: each with the one before it.
public func isZero(_ bytes: ArraySlice<UInt8>) -> Bool {
  guard let first = bytes.first else { return true }
  return first == 0
    && bytes.withUnsafeBytes { memory in
      guard let start = memory.baseAddress else { return true }
      return memcmp(start, start + 1, memory.count - 1) == 0
    }
}

/// What the header of a zstd frame says, read without decompressing anything (RFC 8878, section 3.1.1.1).
public struct FrameHeader: Sendable, Hashable {
  /// The decompressed size in bytes; nil if the header doesn't state it.
  public let contentSize: UInt64?
  /// Whether a checksum of the content follows the last block.
  public let hasChecksum: Bool
  /// Whether a dictionary is needed to decompress the frame.
  public let needsDictionary: Bool

  /// The most bytes that a header takes, the magic number included.
  public static let mostBytes = 18

  /// Reads a header; nil if the bytes don't begin as a zstd frame does.
  ///
  /// - Parameter bytes: the first bytes of the frame, ``mostBytes`` of them unless the frame is shorter.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count > 5, bytes.littleEndian(at: 0, as: UInt32.self) == 0xFD2F_B528 else { return nil }
    let size = bytes.withUnsafeBytes { ZSTD_getFrameContentSize($0.baseAddress, $0.count) }
    // The two values beside real sizes: ZSTD_CONTENTSIZE_ERROR and ZSTD_CONTENTSIZE_UNKNOWN.
    guard size != UInt64.max - 1 else { return nil }
    contentSize = size == UInt64.max ? nil : size
    hasChecksum = bytes[4] & 0x04 != 0
    needsDictionary = bytes[4] & 0x03 != 0
  }

  /// How many bytes the frame takes that the bytes begin with, going by the headers of its blocks; nil if it isn't whole.
  public static func frameSize(_ bytes: [UInt8]) -> Int? {
    let size = bytes.withUnsafeBytes { ZSTD_findFrameCompressedSize($0.baseAddress, $0.count) }
    return ZSTD_isError(size) == 0 && size > 0 ? size : nil
  }
}
