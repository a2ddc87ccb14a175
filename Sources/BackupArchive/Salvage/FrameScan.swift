public import HostSystem

/// A whole frame that was found without any table.
public struct FoundFrame: Sendable {
  /// Where it begins in the file.
  public let offset: Int64
  /// Its compressed bytes.
  public let bytes: [UInt8]
  /// What it decompresses to; its checksum was right.
  public let content: [UInt8]
}

/// Finds the frames of a pack whose tables can't be used: by their own headers, sizes and checksums (RFC 8878).
///
/// Where no whole frame begins, the file is searched for the next one byte by byte.
public struct FrameScan {
  /// What lies in a file, in order.
  public enum Piece: Sendable {
    /// A whole frame.
    case frame(FoundFrame)
    /// Bytes that are no whole frame.
    case gap(Range<Int64>)
  }

  private static let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]
  private static let searchBytes = 1 << 20

  private let file: OpenFile
  private let decompressor: FrameDecompressor
  private let size: Int64

  /// Prepares to read a file.
  ///
  /// - Throws: `SystemError`; ``ArchiveError`` `library`.
  public init(_ file: OpenFile) throws {
    self.file = file
    decompressor = try FrameDecompressor()
    size = try file.status().size
  }

  /// Calls `body` with each piece up to the table of contents, or to the end of the file where that can't be recognized.
  ///
  /// Takes room for one frame.
  /// - Throws: `SystemError` if the file can't be read; what `body` throws.
  public func forEach(_ body: (Piece) throws -> Void) throws {
    var position: Int64 = 0
    var gapStart: Int64?
    while position < size, try !isTable(at: position) {
      if let frame = try frame(at: position) {
        if let start = gapStart { try body(.gap(start..<position)) }
        gapStart = nil
        try body(.frame(frame))
        position += Int64(frame.bytes.count)
      } else {
        gapStart = gapStart ?? position
        position = try nextCandidate(after: position)
      }
    }
    if let start = gapStart { try body(.gap(start..<position)) }
  }

  private func isTable(at position: Int64) throws -> Bool {
    let head = try file.contents(at: position, count: 16)
    return head.count == 16 && head.littleEndian(at: 0, as: UInt32.self) == TableOfContents.skippableMagic
      && Array(head[8..<16]) == TableOfContents.magic
  }

  /// The frame that begins there, if a whole one does.
  private func frame(at position: Int64) throws -> FoundFrame? {
    guard let header = FrameHeader(try file.contents(at: position, count: FrameHeader.mostBytes)),
      let contentSize = header.contentSize, contentSize > 0, contentSize <= UInt64(PackLimits.frameContentBytes),
      header.hasChecksum, !header.needsDictionary
    else { return nil }
    // What doesn't compress is stored with a few bytes for each block of 128 KiB.
    let most = Int64(contentSize) + Int64(contentSize) / 256 + 65_536
    let bytes = try file.contents(at: position, count: Int(min(most, size - position)))
    guard let length = FrameHeader.frameSize(bytes) else { return nil }
    let compressed = length == bytes.count ? bytes : Array(bytes[..<length])
    var content: [UInt8] = []
    // That it isn't whole is the answer.
    guard (try? decompressor.decompress(compressed, size: Int(contentSize), into: &content)) != nil else { return nil }
    return FoundFrame(offset: position, bytes: compressed, content: content)
  }

  /// Where the next frame or the table of contents may begin.
  private func nextCandidate(after position: Int64) throws -> Int64 {
    var start = position + 1
    while start < size {
      let bytes = try file.contents(at: start, count: Int(min(Int64(Self.searchBytes), size - start)))
      guard bytes.count >= 4 else { return size }
      for offset in 0...bytes.count - 4 {
        let isFrame =
          bytes[offset] == Self.magic[0] && bytes[offset + 1] == Self.magic[1]
          && bytes[offset + 2] == Self.magic[2] && bytes[offset + 3] == Self.magic[3]
        let isSkippable =
          bytes[offset] == 0x5B && bytes[offset + 1] == 0x2A && bytes[offset + 2] == 0x4D
          && bytes[offset + 3] == 0x18
        if isFrame || isSkippable { return start + Int64(offset) }
      }
      start += Int64(bytes.count - 3)
    }
    return size
  }
}
