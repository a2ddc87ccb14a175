/// Builds a map from blocks that come in ascending order, joining what touches, so that memory grows with the map only.
struct BlockMapBuilder: Sendable {
  private let chunkSize: Int64
  /// Where the next range may begin, in blocks.
  private var position: Int64 = 0
  private(set) var ranges: [BlockMap.Range] = []

  /// Begins a map of blocks of so many bytes.
  init(chunkSize: Int64) { self.chunkSize = chunkSize }

  /// Adds blocks; those between them and the ones before are unmapped.
  ///
  /// - Throws: ``ThinXMLError`` if they don't follow the ones before, or end beyond what can be addressed.
  mutating func append(_ begin: Int64, length: Int64, _ state: BlockMap.State) throws {
    guard length > 0, begin >= position else { throw ThinXMLError("ranges that overlap or aren't in order") }
    let (end, isTooLarge) = begin.addingReportingOverflow(length)
    guard !isTooLarge, end <= Int64.max / chunkSize else { throw ThinXMLError("a range beyond every volume") }
    position = end
    guard state != .unmapped else { return }
    let bytes = begin * chunkSize..<end * chunkSize
    if let last = ranges.last, last.state == state, last.bytes.upperBound == bytes.lowerBound {
      ranges[ranges.count - 1].bytes = last.bytes.lowerBound..<bytes.upperBound
    } else {
      ranges.append(BlockMap.Range(bytes, state))
    }
  }
}
