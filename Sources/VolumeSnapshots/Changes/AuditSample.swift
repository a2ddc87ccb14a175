public import BackupModel

/// Pieces of what a map calls `same` that are read anyway, to find a wrong difference: chosen uniformly, in order.
///
/// A piece is what an aligned block and a `same` range have in common. Exactly the share of all pieces, rounded up, is
/// chosen (selection sampling, Knuth, The Art of Computer Programming 2, 3.4.2, algorithm S): the same pieces for the same
/// random numbers, in memory that doesn't grow with the volume.
public struct AuditSample<Generator: RandomNumberGenerator>: Sequence, IteratorProtocol {
  private let ranges: [Range<Int64>]
  private let blockSize: Int64
  private var generator: Generator
  private var index = 0
  private var position: Int64
  /// Pieces that haven't been looked at.
  private var left: Int64
  /// Pieces that are still to be chosen.
  private var wanted: Int64

  /// Prepares to choose.
  ///
  /// - Parameters:
  ///   - share: of the pieces, from 0 to 1.
  ///   - blockSize: bytes of a block.
  public init(of map: BlockMap, share: Double, blockSize: ByteCount, using generator: Generator) {
    self.blockSize = Swift.max(blockSize.bytes, 1)
    self.generator = generator
    ranges = map.ranges.filter { $0.state == .same }.map(\.bytes)
    position = ranges.first?.lowerBound ?? 0
    let size = self.blockSize
    left = ranges.reduce(0) { $0 + ($1.upperBound + size - 1) / size - $1.lowerBound / size }
    wanted = Int64((Double(left) * Swift.min(Swift.max(share, 0), 1)).rounded(.up))
  }

  /// The next piece to read, in bytes.
  public mutating func next() -> Range<Int64>? {
    while wanted > 0, index < ranges.count {
      let range = ranges[index]
      let end = Swift.min((position / blockSize + 1) * blockSize, range.upperBound)
      let piece = position..<end
      position = end
      if end == range.upperBound {
        index += 1
        if index < ranges.count { position = ranges[index].lowerBound }
      }
      let isChosen = Int64(generator.next(upperBound: UInt64(left))) < wanted
      left -= 1
      if isChosen {
        wanted -= 1
        return piece
      }
    }
    return nil
  }
}
