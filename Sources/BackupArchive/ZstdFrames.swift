import CZstd

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

  /// Compresses all of `content` into one frame, which replaces what `frame` held.
  ///
  /// - Throws: ``ArchiveError`` `library`.
  public func compress(_ content: [UInt8], _ compression: Compression, into frame: inout [UInt8]) throws(ArchiveError) {
    let level: Int32
    switch compression {
    case .level(let number): level = Int32(number)
    // The fastest level searches next to nothing, and blocks that didn't shrink are written raw.
    case .stored: level = ZSTD_minCLevel()
    }
    try check(ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters))
    try check(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level))
    try check(ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1))
    let bound = ZSTD_compressBound(content.count)
    if frame.capacity < bound {
      frame = [UInt8](repeating: 0, count: bound)
    } else if frame.count < bound {
      frame.append(contentsOf: repeatElement(0, count: bound - frame.count))
    }
    let size = frame.withUnsafeMutableBytes { output in
      content.withUnsafeBytes { input in
        ZSTD_compress2(context, output.baseAddress, output.count, input.baseAddress, input.count)
      }
    }
    try check(size)
    frame.removeLast(frame.count - size)
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
      content.append(contentsOf: repeatElement(0, count: size - content.count))
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
