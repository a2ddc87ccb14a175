import BackupModel
import TestSupport
import Testing
import VolumeSnapshots

@Suite("Sample for the audit")
struct AuditSampleTests {
  typealias Range = BlockMap.Range

  private func sample(_ map: BlockMap, _ share: Double, block: Int = 10, seed: UInt64 = 1) -> [Swift.Range<Int64>] {
    Array(AuditSample(of: map, share: share, blockSize: ByteCount(block), using: SeededRandom(seed: seed)))
  }

  static let map = BlockMap(
    size: 1000, [Range(3..<205, .same), Range(205..<300, .changed), Range(400..<1000, .same)])

  @Test func choosesEverythingThatIsTheSameForTheWholeShare() {
    let pieces = sample(Self.map, 1)
    #expect(pieces.first == 3..<10)
    #expect(pieces.reduce(0) { $0 + $1.count } == 802)
    #expect(pieces.allSatisfy { $0.lowerBound / 10 == ($0.upperBound - 1) / 10 })
    #expect(zip(pieces, pieces.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound })
  }

  @Test(arguments: [(0.0, 0), (-1, 0), (0.001, 1), (0.01, 1), (0.1, 9), (0.5, 41), (2, 81)])
  func choosesTheShareRoundedUp(share: Double, count: Int) {
    #expect(sample(Self.map, share).count == count)
  }

  @Test func choosesTheSamePiecesForTheSameSeedAndOthersForAnother() {
    #expect(sample(Self.map, 0.2, seed: 5) == sample(Self.map, 0.2, seed: 5))
    #expect(sample(Self.map, 0.2, seed: 5) != sample(Self.map, 0.2, seed: 6))
  }

  @Test func staysWithinWhatIsTheSame() {
    var random = SeededRandom(seed: 11)
    for _ in 0..<200 {
      let size = Int64(1 + random.below(500))
      let ranges = (0..<random.below(6)).map { _ in
        let begin = Int64(random.below(500))
        return Range(begin..<begin + Int64(random.below(90)), random.below(2) == 0 ? .same : .changed)
      }
      let map = BlockMap(size: size, ranges)
      let same = Set(map.ranges.filter { $0.state == .same }.flatMap { Array($0.bytes) })
      for piece in sample(map, 0.3, block: 1 + random.below(40), seed: random.next()) {
        #expect(!piece.isEmpty && piece.allSatisfy(same.contains))
      }
    }
  }

  @Test func choosesEachPieceEquallyOften() {
    var counts: [Int64: Int] = [:]
    for seed in 0..<2000 {
      for piece in sample(BlockMap(size: 100, [Range(0..<100, .same)]), 0.3, seed: UInt64(seed)) {
        counts[piece.lowerBound, default: 0] += 1
      }
    }
    // 600 expected each; the standard deviation is about 20.
    #expect(counts.count == 10)
    #expect(counts.values.allSatisfy { abs($0 - 600) < 100 }, "\(counts)")
  }

  @Test func isEmptyWhereNothingIsTheSame() { #expect(sample(.allChanged(size: 100), 1).isEmpty) }
}
