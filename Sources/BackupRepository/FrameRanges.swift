/// A set of frames of a pack, as ranges: `0-17,30`.
public struct FrameRanges: Hashable, Sendable {
  /// The ranges: ascending, none empty, none touching the next.
  public private(set) var ranges: [Range<Int>]

  /// No frames.
  public init() { ranges = [] }

  /// The frames with these numbers, in any order.
  public init(_ numbers: some Sequence<Int>) {
    self.init()
    for number in numbers.sorted() { append(number) }
  }

  /// A run of frames.
  public init(_ range: Range<Int>) { ranges = range.isEmpty ? [] : [range] }

  /// Whether there are none.
  public var isEmpty: Bool { ranges.isEmpty }
  /// How many frames there are.
  public var count: Int { ranges.reduce(0) { $0 + $1.count } }
  /// The numbers, ascending.
  public var numbers: [Int] { ranges.flatMap { Array($0) } }

  /// Whether a frame is among them.
  public func contains(_ number: Int) -> Bool {
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound <= number { low = middle + 1 } else { high = middle }
    }
    return low < ranges.count && ranges[low].contains(number)
  }

  private mutating func append(_ number: Int) {
    if let last = ranges.last, number <= last.upperBound {
      ranges[ranges.count - 1] = last.lowerBound..<max(last.upperBound, number + 1)
    } else {
      ranges.append(number..<number + 1)
    }
  }
}

extension FrameRanges: CustomStringConvertible {
  /// The ranges with both ends included: `0-17,30`; empty for none.
  public var description: String {
    ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound - 1)" }
      .joined(separator: ",")
  }

  /// Parses what ``description`` prints; nil for anything else.
  public init?(parsing text: some StringProtocol) {
    self.init()
    if text.isEmpty { return }
    for item in text.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = item.split(separator: "-", omittingEmptySubsequences: false).map { Self.number($0) }
      guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1], first <= last,
        ranges.last.map({ $0.upperBound < first }) ?? true
      else { return nil }
      ranges.append(first..<last + 1)
    }
  }

  private static func number(_ digits: some StringProtocol) -> Int? {
    guard (1...10).contains(digits.utf8.count), digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
    return Int(digits)
  }
}
