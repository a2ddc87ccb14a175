import VolumeSnapshots

/// A map of a volume rounded out to the blocks of its image: what is known of each run of whole blocks, in order.
///
/// A block that is changed in part is changed. One that is the same in part and unmapped in part counts as changed too: what the
/// base held in the unmapped part may be gone.
struct ImageBlocks: Sequence, Sendable {
  /// Adjacent blocks of which the same is known.
  struct Run: Equatable, Sendable {
    var bytes: Range<Int64>
    var state: BlockMap.State
    var length: Int64 { bytes.upperBound - bytes.lowerBound }
  }

  let map: BlockMap
  let blockSize: Int64

  func makeIterator() -> Iterator { Iterator(map: map, blockSize: blockSize) }

  struct Iterator: IteratorProtocol {
    let map: BlockMap
    let blockSize: Int64
    private var number = 0
    private var position: Int64 = 0
    private var ahead: Run?

    init(map: BlockMap, blockSize: Int64) {
      self.map = map
      self.blockSize = blockSize
    }

    mutating func next() -> Run? {
      guard var run = ahead ?? piece() else { return nil }
      ahead = nil
      while let more = piece() {
        guard more.state == run.state else {
          ahead = more
          break
        }
        run.bytes = run.bytes.lowerBound..<more.bytes.upperBound
      }
      return run
    }

    /// The next whole blocks of one range, or the one block that several ranges share.
    private mutating func piece() -> Run? {
      guard position < map.size else { return nil }
      let start = position
      let end = map.ranges[number].bytes.upperBound
      let whole = end == map.size ? end : end / blockSize * blockSize
      if whole > start {
        position = whole
        let state = map.ranges[number].state
        advance()
        return Run(bytes: start..<whole, state: state)
      }
      position = Swift.min(start + blockSize, map.size)
      var state = map.ranges[number].state
      while map.ranges[number].bytes.upperBound < position {
        number += 1
        if map.ranges[number].state != state { state = .changed }
      }
      advance()
      return Run(bytes: start..<position, state: state)
    }

    private mutating func advance() {
      while number + 1 < map.ranges.count, map.ranges[number].bytes.upperBound <= position { number += 1 }
    }
  }
}

/// The mapped ranges of an image as the map of a sparse file lists them.
struct SparseRanges {
  /// The ranges, in order.
  let ranges: [Range<Int64>]
  /// Their bytes.
  let bytes: Int64
  /// Gaps up to this length lie within ranges.
  let closedGap: Int64

  /// The most ranges that a map lists, so that it takes at most some MiB of the frame that it stands in.
  static let mostRanges = 1 << 16

  /// Gathers the mapped ranges, and closes the smallest gaps between them if there are too many.
  init(_ blocks: ImageBlocks, most: Int = mostRanges) {
    var gaps: [Int64] = []
    var end: Int64?
    for run in blocks where run.state != .unmapped {
      if let end, run.bytes.lowerBound > end { gaps.append(run.bytes.lowerBound - end) }
      end = run.bytes.upperBound
    }
    var closedGap: Int64 = 0
    if gaps.count >= most {
      gaps.sort()
      closedGap = gaps[gaps.count - most]
    }
    var ranges: [Range<Int64>] = []
    for run in blocks where run.state != .unmapped {
      if let last = ranges.last, run.bytes.lowerBound - last.upperBound <= closedGap {
        ranges[ranges.count - 1] = last.lowerBound..<run.bytes.upperBound
      } else {
        ranges.append(run.bytes)
      }
    }
    self.ranges = ranges
    self.closedGap = closedGap
    bytes = ranges.reduce(0) { $0 + $1.upperBound - $1.lowerBound }
  }
}
