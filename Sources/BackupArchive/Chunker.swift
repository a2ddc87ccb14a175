public import BackupModel

// Unsafe code: the loop over each byte of all large files reads through pointers, without a bounds check per byte;
// every index is below the counts computed from the buffer's own length.

/// Cuts content into chunks at places that its bytes determine, so that an insertion changes only the chunks around it.
///
/// FastCDC (Xia et al., USENIX ATC 2016) with normalized chunking of level 2: below the average size a cut needs
/// two more zero bits than on average, above it two fewer.
public struct Chunker: Sendable {
  /// The least length of a chunk that isn't the last, in bytes; content of at most this length is one chunk.
  public let minimum: Int
  /// The length aimed at.
  public let average: Int
  /// The greatest length.
  public let maximum: Int
  private let strictShift: UInt64
  private let looseShift: UInt64

  /// Makes a chunker; minimum and maximum are a quarter of and four times the average.
  ///
  /// - Parameter average: a power of two from 64 KiB to 16 MiB; another number is rounded down to one.
  public init(average: ByteCount = .kibibytes(512)) {
    let wanted = max(64 << 10, min(16 << 20, Int(average.bytes)))
    let bits = Int.bitWidth - 1 - wanted.leadingZeroBitCount
    self.average = 1 << bits
    minimum = self.average / 4
    maximum = self.average * 4
    strictShift = UInt64(64 - (bits + 2))
    looseShift = UInt64(64 - (bits - 2))
  }

  /// The length of the first chunk of `content[start..<end]`, which must reach to the end of the content or hold at
  /// least ``maximum`` bytes.
  public func firstChunkLength(in content: [UInt8], from start: Int, to end: Int) -> Int {
    var scan = ChunkScan()
    return nextCut(in: content, chunkStart: start, available: end, isEnd: true, &scan) ?? end - start
  }

  /// Looks for the end of the chunk that begins at `chunkStart`, going on where the last look at it ended.
  ///
  /// - Parameters:
  ///   - available: where the bytes that are there end.
  ///   - isEnd: whether the content ends there, so that the rest is a chunk too.
  /// - Returns: the chunk's length, or nil if its end isn't among the bytes that are there.
  public func nextCut(
    in content: [UInt8], chunkStart start: Int, available end: Int, isEnd: Bool, _ scan: inout ChunkScan
  ) -> Int? {
    precondition(start >= 0 && start <= end && end <= content.count)
    let length = end - start
    if length > minimum, let cut = cut(in: content, start, min(length, maximum), &scan) {
      scan = ChunkScan()
      return cut
    }
    guard isEnd || length >= maximum else { return nil }
    scan = ChunkScan()
    return min(length, maximum)
  }

  private func cut(in content: [UInt8], _ start: Int, _ limit: Int, _ scan: inout ChunkScan) -> Int? {
    let normal = min(limit, average)
    return content.withUnsafeBufferPointer { all in
      Self.gear.withUnsafeBufferPointer { gear in
        guard let bytes = all.baseAddress.map({ $0 + start }), let table = gear.baseAddress else { return nil }
        var hash = scan.hash
        var position = max(scan.position, minimum)
        while position < normal {
          hash = (hash &<< 1) &+ table[Int(bytes[position])]
          position &+= 1
          if hash &>> strictShift == 0 { return position }
        }
        while position < limit {
          hash = (hash &<< 1) &+ table[Int(bytes[position])]
          position &+= 1
          if hash &>> looseShift == 0 { return position }
        }
        scan.hash = hash
        scan.position = position
        return nil
      }
    }
  }

  /// The gear table of `docs/format.md`, section 6.
  private static let gear: [UInt64] = (0..<256).map { byte in
    ChunkID(of: Array("backupctl gear 1".utf8) + [UInt8(byte)]).words[0]
  }
}

/// How far the search for the end of a chunk has come.
public struct ChunkScan: Sendable {
  fileprivate var hash: UInt64 = 0
  fileprivate var position = 0

  /// Begins at a chunk's first byte.
  public init() {}
}
