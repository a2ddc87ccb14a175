/// Sets of the points of one source, each kept once and known by a number.
///
/// Points are numbers too. Most chunks are needed by the same few sets, such as all points from one to another, so a chunk needs no
/// more than the number of its set.
struct PointSets: Sendable {
  /// The number of the set without points.
  static let empty: UInt32 = 0

  private var sets: [[UInt64]]
  private var numbers: [[UInt64]: UInt32]
  private var unions: [UInt64: UInt32] = [:]
  private let words: Int
  private let mostSets: Int
  private let full: UInt32

  /// Makes room for sets of the points `0..<count`.
  ///
  /// - Parameter mostBytes: when the sets take so much, new unions are taken for the set of all points: then forgetting a point seems
  ///   to free less than it does, never more.
  init(count: Int, mostBytes: Int = 64 << 20) {
    words = (count + 63) / 64
    mostSets = max(1024, mostBytes / (2 * 8 * max(1, words)))
    let none = [UInt64](repeating: 0, count: words)
    var all = none
    for point in 0..<count { all[point >> 6] |= 1 << UInt64(point & 63) }
    sets = [none]
    numbers = [none: Self.empty]
    if all == none {
      full = Self.empty
    } else {
      sets.append(all)
      numbers[all] = 1
      full = 1
    }
  }

  /// How many different sets there are.
  var count: Int { sets.count }

  /// The number of the set of a single point.
  mutating func single(_ point: Int) -> UInt32 {
    var set = sets[Int(Self.empty)]
    set[point >> 6] |= 1 << UInt64(point & 63)
    return number(of: set)
  }

  /// The number of the set of the points of two.
  mutating func union(_ left: UInt32, _ right: UInt32) -> UInt32 {
    if left == right || right == Self.empty { return left }
    if left == Self.empty { return right }
    let key = UInt64(min(left, right)) << 32 | UInt64(max(left, right))
    if let known = unions[key] { return known }
    var set = sets[Int(left)]
    for word in 0..<words { set[word] |= sets[Int(right)][word] }
    let result = number(of: set)
    // Only what was worked out before is lost.
    if unions.count >= 2 * mostSets { unions = [:] }
    unions[key] = result
    return result
  }

  private mutating func number(of set: [UInt64]) -> UInt32 {
    if let known = numbers[set] { return known }
    guard sets.count < mostSets else { return full }
    let number = UInt32(sets.count)
    sets.append(set)
    numbers[set] = number
    return number
  }

  /// The points of a set, ascending.
  func members(_ set: UInt32) -> [Int] {
    sets[Int(set)].enumerated().flatMap { word, bits in
      (0..<64).filter { bits >> UInt64($0) & 1 == 1 }.map { word << 6 + $0 }
    }
  }

  /// How many points a set has.
  func size(_ set: UInt32) -> Int { sets[Int(set)].reduce(0) { $0 + $1.nonzeroBitCount } }

  /// Of each set, by its number, whether all of its points are among those of another; so for the set without points.
  func subsets(of points: some Sequence<Int>) -> [Bool] {
    var others = [UInt64](repeating: .max, count: words)
    for point in points { others[point >> 6] &= ~(1 << UInt64(point & 63)) }
    return sets.map { set in zip(set, others).allSatisfy { $0 & $1 == 0 } }
  }
}
