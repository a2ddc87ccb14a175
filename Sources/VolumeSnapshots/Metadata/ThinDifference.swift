/// The difference between two thin devices of a pool, as `thin_delta` tells it.
public struct ThinDifference: Sendable {
  /// The device on the left: the base.
  public let leftID: Int
  /// The device on the right: the new snapshot.
  public let rightID: Int
  /// Bytes of one of the pool's chunks.
  public let chunkSize: Int64
  /// How many blocks of the left device were listed.
  public let leftBlocks: Int64
  /// How many blocks of the right device were listed.
  public let rightBlocks: Int64
  /// What is mapped in the right device, joined, in order.
  let ranges: [BlockMap.Range]

  /// What is to be read of the right device.
  ///
  /// `different` and `right_only` are changed; `left_only` and what isn't listed are unmapped. What lies beyond the size,
  /// as after a shrink, is left out. What is called the same beyond the size that the base had is changed: a volume that
  /// was shrunk and grown again shows its old blocks there, which no image of the base has.
  public func map(size: Int64, baseSize: Int64) -> BlockMap {
    let tail = ranges.compactMap { range -> BlockMap.Range? in
      guard range.state == .same, range.bytes.upperBound > baseSize else { return nil }
      return BlockMap.Range(max(range.bytes.lowerBound, baseSize)..<range.bytes.upperBound, .changed)
    }
    return BlockMap(size: size, ranges + tail)
  }
}

/// Parses the output of `thin_delta` of either generation.
struct ThinDifferenceDocument: ThinDocument {
  private let leftID: Int
  private let rightID: Int
  private let chunkSize: Int64
  private var builder: BlockMapBuilder
  private var leftBlocks: Int64 = 0
  private var rightBlocks: Int64 = 0
  private var depth = 0
  private var sawDifference = false

  init(leftID: Int, rightID: Int, chunkSize: Int64) {
    self.leftID = leftID
    self.rightID = rightID
    self.chunkSize = chunkSize
    builder = BlockMapBuilder(chunkSize: chunkSize)
  }

  mutating func begin(_ tag: ThinXMLReader.Tag) throws {
    switch depth {
    case 0: try ThinSuperblock.check(tag, chunkSize: chunkSize)
    case 1 where tag.isNamed("diff") && !sawDifference:
      let (left, right) = (try tag.number("left"), try tag.number("right"))
      guard left == leftID, right == rightID else {
        throw ThinXMLError("it is of devices \(left) and \(right), not of \(leftID) and \(rightID)")
      }
      sawDifference = true
    case 2: try add(tag)
    default: throw tag.unexpected
    }
    depth += 1
  }

  mutating func end(_ name: [UInt8]) throws { depth -= 1 }

  func finish() throws -> ThinDifference {
    guard sawDifference else { throw ThinXMLError("it has no <diff>") }
    return ThinDifference(
      leftID: leftID, rightID: rightID, chunkSize: chunkSize, leftBlocks: leftBlocks, rightBlocks: rightBlocks,
      ranges: builder.ranges)
  }

  private mutating func add(_ tag: ThinXMLReader.Tag) throws {
    let (begin, length) = (try tag.number("begin"), try tag.number("length"))
    let (state, isLeft, isRight): (BlockMap.State, Bool, Bool)
    if tag.isNamed("same") {
      (state, isLeft, isRight) = (.same, true, true)
    } else if tag.isNamed("different") {
      (state, isLeft, isRight) = (.changed, true, true)
    } else if tag.isNamed("right_only") {
      (state, isLeft, isRight) = (.changed, false, true)
    } else if tag.isNamed("left_only") {
      (state, isLeft, isRight) = (.unmapped, true, false)
    } else {
      throw tag.unexpected
    }
    try builder.append(begin, length: length, state)
    if isLeft { leftBlocks += length }
    if isRight { rightBlocks += length }
  }
}
