/// What is known of each byte of a volume before it is read: adjacent ranges that cover it from 0 to its size.
public struct BlockMap: Hashable, Sendable {
  /// What is known of a range.
  public enum State: Hashable, Sendable {
    /// May have any content: it is to be read. Without a base, everything that is mapped.
    case changed
    /// The same as in the base.
    case same
    /// Not mapped: reads as zeros, and is neither read nor stored.
    case unmapped
  }

  /// A range of one state.
  public struct Range: Hashable, Sendable {
    /// The bytes, never empty.
    public var bytes: Swift.Range<Int64>
    /// What is known of them.
    public var state: State

    /// Describes a range.
    public init(_ bytes: Swift.Range<Int64>, _ state: State) {
      self.bytes = bytes
      self.state = state
    }
  }

  /// Bytes of the volume.
  public let size: Int64
  /// The ranges: sorted, adjacent, no two neighbours of one state, together `0..<size`.
  public let ranges: [Range]

  /// Makes a map of ranges that may leave gaps, overlap or reach past the end.
  ///
  /// Sorted and clipped to the size; of overlapping ranges `changed` counts before `same`, and that before `unmapped`;
  /// gaps are `unmapped`, which is what thin metadata mean by them.
  public init(size: Int64, _ given: [Range]) {
    self.size = size
    // Boundaries in order, with how many ranges of each state begin or end there.
    var steps: [(at: Int64, state: State, delta: Int)] = []
    for range in given {
      let bytes = range.bytes.clamped(to: 0..<size)
      guard !bytes.isEmpty else { continue }
      steps.append((bytes.lowerBound, range.state, 1))
      steps.append((bytes.upperBound, range.state, -1))
    }
    steps.sort { $0.at < $1.at }
    var (changed, same) = (0, 0)
    var position: Int64 = 0
    var ranges: [Range] = []
    func close(at end: Int64) {
      guard end > position else { return }
      let state: State = changed > 0 ? .changed : same > 0 ? .same : .unmapped
      if let last = ranges.last, last.state == state {
        ranges[ranges.count - 1].bytes = last.bytes.lowerBound..<end
      } else {
        ranges.append(Range(position..<end, state))
      }
      position = end
    }
    for step in steps {
      close(at: step.at)
      switch step.state {
      case .changed: changed += step.delta
      case .same: same += step.delta
      case .unmapped: break
      }
    }
    close(at: size)
    self.ranges = ranges
  }

  /// Everything is to be read.
  public static func allChanged(size: Int64) -> BlockMap { BlockMap(size: size, [Range(0..<size, .changed)]) }

  /// The bytes of a state.
  public func bytes(_ state: State) -> Int64 {
    ranges.reduce(0) { $0 + ($1.state == state ? $1.bytes.upperBound - $1.bytes.lowerBound : 0) }
  }
}
