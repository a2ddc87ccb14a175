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
  public init(average: ByteCount = .mebibytes(1)) {
    let wanted = max(64 << 10, min(16 << 20, Int(average.bytes)))
    let bits = Int.bitWidth - 1 - wanted.leadingZeroBitCount
    self.average = 1 << bits
    minimum = self.average / 4
    maximum = self.average * 4
    strictShift = UInt64(64 - (bits + 2))
    looseShift = UInt64(64 - (bits - 2))
  }

  /// The length of the first chunk of `content[start...]`, which must reach to the end of the content or hold at
  /// least ``maximum`` bytes.
  public func firstChunkLength(in content: [UInt8], from start: Int, to end: Int) -> Int {
    precondition(start >= 0 && start <= end && end <= content.count)
    let available = end - start
    guard available > minimum else { return available }
    let limit = min(available, maximum)
    let normal = min(available, average)
    return content.withUnsafeBufferPointer { all in
      Self.gear.withUnsafeBufferPointer { gear in
        guard let bytes = all.baseAddress.map({ $0 + start }), let table = gear.baseAddress else { return available }
        var hash: UInt64 = 0
        var position = minimum
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
        return limit
      }
    }
  }

  /// The gear table of `docs/format.md`, section 6.
  private static let gear: [UInt64] = (0..<256).map { byte in
    ChunkID(of: Array("backupctl gear 1".utf8) + [UInt8(byte)]).words[0]
  }
}
