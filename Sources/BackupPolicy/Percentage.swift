/// A share of a whole, exact to a ten-thousandth of a percent.
public struct Percentage: Hashable, Comparable, Sendable {
  /// The share in millionths of the whole.
  public let millionths: Int

  /// Makes a share of millionths of the whole.
  public init(millionths: Int) { self.millionths = millionths }
  /// Makes a share of whole percents.
  public init(percent: Int) { millionths = percent * 10_000 }

  /// Nothing.
  public static let zero = Percentage(percent: 0)
  /// All of it.
  public static let whole = Percentage(percent: 100)

  /// The share as a factor: 0.05 for `5%`.
  public var fraction: Double { Double(millionths) / 1_000_000 }

  /// Orders by share.
  public static func < (left: Percentage, right: Percentage) -> Bool { left.millionths < right.millionths }
}

extension Percentage: CustomStringConvertible {
  /// The share in percent with as many decimals as it needs: `5%`, `0.5%`.
  public var description: String {
    let rest = millionths % 10_000
    guard rest != 0 else { return "\(millionths / 10_000)%" }
    let digits = String(rest)
    var decimals = Substring(String(repeating: "0", count: 4 - digits.count) + digits)
    while decimals.last == "0" { decimals.removeLast() }
    return "\(millionths / 10_000).\(decimals)%"
  }

  /// Parses `5%` or `0.25%`, at most nine digits before and four after the point; nil for anything else.
  public init?(parsing text: some StringProtocol) {
    guard text.last == "%" else { return nil }
    let parts = text.dropLast().split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let whole = decimalNumber(parts[0].utf8), parts[0].utf8.count <= 9 else { return nil }
    var decimals = 0
    if parts.count == 2 {
      let count = parts[1].utf8.count
      guard count <= 4, let number = decimalNumber(parts[1].utf8) else { return nil }
      decimals = (count..<4).reduce(number) { product, _ in product * 10 }
    }
    millionths = whole * 10_000 + decimals
  }
}
