/// How full something is, exact to a ten-thousandth of a percent; LVM prints two decimals.
public struct FillLevel: Hashable, Comparable, Sendable {
  /// The share in millionths of the whole.
  public let millionths: Int

  /// Makes a level of millionths of the whole.
  public init(millionths: Int) { self.millionths = millionths }
  /// Makes a level of whole percents.
  public init(percent: Int) { millionths = percent * 10_000 }

  /// Orders by share.
  public static func < (left: FillLevel, right: FillLevel) -> Bool { left.millionths < right.millionths }

  /// Parses what LVM prints: `0.00`, `87.53`, `100.00`; nil for anything else.
  public init?(parsing text: some StringProtocol) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 2, let whole = Self.number(parts[0]), whole <= 1000 else { return nil }
    var rest = 0
    if parts.count == 2 {
      guard parts[1].utf8.count <= 4, let decimals = Self.number(parts[1]) else { return nil }
      rest = (parts[1].utf8.count..<4).reduce(decimals) { product, _ in product * 10 }
    }
    millionths = whole * 10_000 + rest
  }

  private static func number(_ digits: some StringProtocol) -> Int? {
    guard !digits.isEmpty, digits.utf8.count <= 9, digits.utf8.allSatisfy({ (48...57).contains($0) }) else {
      return nil
    }
    return Int(digits)
  }
}

extension FillLevel: CustomStringConvertible {
  /// The level in percent with two decimals, cut, not rounded, so that only what is full reads as full: `87.53%`.
  public var description: String {
    let hundredths = millionths % 10_000 / 100
    return "\(millionths / 10_000).\(hundredths < 10 ? "0" : "")\(hundredths)%"
  }
}
