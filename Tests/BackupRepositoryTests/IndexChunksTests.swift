import BackupModel
import TestSupport
import Testing

@testable import BackupRepository

@Suite struct IndexChunksTests {
  /// Blocks that come of one another by changed, new and removed lines, and those lines that begin or end alike.
  private static func versions(_ random: inout SeededRandom) -> ([UInt8], [UInt8]) {
    func line(_ random: inout SeededRandom, _ number: Int) -> [UInt8] {
      var entry = IndexSample.random(&random)
      // Some lines begin with what others end with.
      entry.path = Array((0..<1 + random.below(3)).map { _ in "a\(number % 3)" }.joined(separator: "/").utf8)
      var lines: [UInt8] = []
      IndexLine.append(entry, to: &lines)
      return lines
    }
    var first = (0..<random.below(8)).map { line(&random, $0) }
    let before = first
    for _ in 0..<random.below(3) {
      let place = random.below(first.count + 1)
      switch random.below(4) {
      case 0 where place < first.count: first.remove(at: place)
      case 1 where place < first.count: first[place] = line(&random, place)
      case 2 where !before.isEmpty: first.insert(before[random.below(before.count)], at: place)
      default: first.insert(line(&random, place), at: place)
      }
    }
    return (before.flatMap { $0 }, first.flatMap { $0 })
  }

  private static func keys(_ block: [UInt8], notIn other: [UInt8] = []) throws -> [KnownChunks.Key] {
    var keys: [KnownChunks.Key] = []
    try IndexChunks.appendKeys(in: block, notIn: other, to: &keys)
    return keys
  }

  @Test func findsAllThatAVersionNamesAndTheOneBeforeDoesNot() throws {
    for seed in UInt64(1)...3000 {
      var random = SeededRandom(seed: seed)
      let (old, new) = Self.versions(&random)
      let (known, all) = (Set(try Self.keys(old)), Set(try Self.keys(new)))
      let found = Set(try Self.keys(new, notIn: old))
      #expect(found.isSubset(of: all), "seed \(seed)")
      #expect(all.subtracting(known).isSubset(of: found), "seed \(seed)")
    }
  }

  @Test func readsOnlyTheLinesBetweenTheEqualOnes() {
    func differing(_ block: String, _ other: String) -> String {
      let bytes = Array(block.utf8)
      return String(decoding: bytes[IndexChunks.differingLines(of: bytes, from: Array(other.utf8))], as: UTF8.self)
    }
    #expect(differing("a1\nb2\nc3\nd4\n", "a1\nb3\nc3\nd4\n") == "b2\n")
    #expect(differing("a1\nc3\n", "a1\nb2\nc3\n") == "")
    #expect(differing("a1\nb2\n", "a1\nxb2\n") == "b2\n")
    #expect(differing("xb2\n", "b2\n") == "xb2\n")
    #expect(differing("b2\n", "b2\nb2\n") == "")
    #expect(differing("b2\nb2\n", "b2\n") == "b2\n")
    #expect(differing("a1\nb2\n", "") == "a1\nb2\n")
    #expect(differing("", "a1\n") == "")
  }

  @Test func takesTheSameHalvesAsWholeIds() throws {
    var random = SeededRandom(seed: 5)
    var lines: [UInt8] = []
    for _ in 0..<200 { IndexLine.append(IndexSample.random(&random), to: &lines) }
    var whole: [KnownChunks.Key] = []
    try IndexChunks.forEach(in: lines) { whole.append(KnownChunks.Key($0)) }
    #expect(!whole.isEmpty)
    #expect(try Self.keys(lines) == whole)
  }
}
