import BackupModel
import TestSupport
import Testing

@testable import BackupRepository

@Suite struct PointSetsTests {
  @Test(arguments: [1, 63, 64, 65, 200]) func unitesAsSetsDo(count: Int) {
    var random = SeededRandom(seed: UInt64(count))
    var sets = PointSets(count: count)
    var known: [(number: UInt32, members: Set<Int>)] = [(PointSets.empty, [])]
    for _ in 0..<500 {
      let point = Int.random(in: 0..<count, using: &random)
      known.append((sets.single(point), [point]))
      let left = known[Int.random(in: 0..<known.count, using: &random)]
      let right = known[Int.random(in: 0..<known.count, using: &random)]
      known.append((sets.union(left.number, right.number), left.members.union(right.members)))
    }
    for (number, members) in known {
      #expect(sets.members(number) == members.sorted())
      #expect(sets.size(number) == members.count)
    }
    let chosen = Set((0..<count).filter { _ in Bool.random(using: &random) })
    let subsets = sets.subsets(of: chosen)
    for (number, members) in known { #expect(subsets[Int(number)] == members.isSubset(of: chosen)) }
    // The same points have the same number.
    let numbers = Dictionary(grouping: known, by: \.members).mapValues { Set($0.map(\.number)).count }
    #expect(numbers.values.allSatisfy { $0 == 1 })
  }

  /// Then forgetting seems to free less than it does, never more.
  @Test func takesAUnionForAllPointsWhenThereAreTooManySets() {
    var sets = PointSets(count: 64, mostBytes: 0)
    var number = PointSets.empty
    for first in 0..<60 {
      for second in first + 1..<60 { number = sets.union(sets.single(first), sets.single(second)) }
    }
    #expect(sets.count == 1024)
    #expect(sets.members(number) == Array(0..<64))
  }
}

@Suite struct ChunkOwnersTests {
  private static func chunk(_ number: Int) -> ChunkID {
    ChunkID(of: withUnsafeBytes(of: UInt64(number)) { Array($0) })
  }

  @Test func knowsWhoNeedsWhatAndCountsItOnce() {
    var sets = PointSets(count: 3)
    var owners = ChunkOwners()
    let points = (0..<3).map { sets.single($0) }
    for number in 0..<10_000 {
      for (point, set) in points.enumerated() where number % (point + 2) == 0 {
        owners.add(Self.chunk(number), set, &sets)
      }
    }
    let needed = (0..<10_000).filter { $0 % 2 == 0 || $0 % 3 == 0 }
    #expect(owners.count == needed.count)
    for number in 0..<10_000 {
      let expected = (0..<3).filter { number % ($0 + 2) == 0 }
      #expect(owners.count(Self.chunk(number)).map(sets.members) ?? [] == expected)
      #expect(owners.count(Self.chunk(number)) == nil)
    }
    #expect(owners.countedCount == owners.count)
    #expect(owners.count(Self.chunk(10_001)) == nil)
  }
}
