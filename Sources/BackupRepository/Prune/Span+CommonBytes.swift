/// Comparing runs of bytes piece by piece: the loop over a piece has no exit, so that it becomes a few instructions.
extension Span<UInt8> {
  private static var piece: Int { 64 }

  /// How many bytes two runs begin with alike.
  func commonPrefixLength(with other: Span<UInt8>) -> Int {
    let most = Swift.min(count, other.count)
    var length = 0
    while length + Self.piece <= most,
      Self.areEqual(
        extracting(length..<length + Self.piece), other.extracting(length..<length + Self.piece))
    { length += Self.piece }
    while length < most, self[length] == other[length] { length += 1 }
    return length
  }

  /// How many bytes two runs end with alike.
  func commonSuffixLength(with other: Span<UInt8>) -> Int {
    let most = Swift.min(count, other.count)
    var length = 0
    while length + Self.piece <= most,
      Self.areEqual(
        extracting(count - length - Self.piece..<count - length),
        other.extracting(other.count - length - Self.piece..<other.count - length))
    { length += Self.piece }
    while length < most, self[count - 1 - length] == other[other.count - 1 - length] { length += 1 }
    return length
  }

  private static func areEqual(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
    var difference: UInt8 = 0
    for position in 0..<piece { difference |= left[position] ^ right[position] }
    return difference == 0
  }
}
