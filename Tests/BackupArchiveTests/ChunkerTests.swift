import BackupArchive
import BackupModel
import TestSupport
import Testing

@Suite struct ChunkerTests {
  private func lengths(_ content: [UInt8], _ chunker: Chunker) -> [Int] {
    var lengths: [Int] = []
    var start = 0
    while start < content.count {
      lengths.append(chunker.firstChunkLength(in: content, from: start, to: content.count))
      start += lengths[lengths.count - 1]
    }
    return lengths
  }

  private func ids(_ content: [UInt8], _ chunker: Chunker) -> [ChunkID] {
    var start = 0
    return lengths(content, chunker).map { length in
      defer { start += length }
      return ChunkID(of: content[start..<start + length])
    }
  }

  private let chunker = Chunker(average: .kibibytes(64))

  @Test func cutsContentWithoutGapWithinItsLimits() {
    var random = SeededRandom(seed: 31)
    for _ in 0..<8 {
      let content = random.bytes(random.below(2 << 20))
      let lengths = lengths(content, chunker)
      #expect(lengths.reduce(0, +) == content.count)
      #expect(lengths.allSatisfy { $0 > 0 && $0 <= chunker.maximum })
      #expect(lengths.dropLast().allSatisfy { $0 > chunker.minimum })
    }
  }

  @Test func averagesAboutWhatIsAimedAt() {
    var random = SeededRandom(seed: 32)
    let content = random.bytes(8 << 20)
    let average = content.count / lengths(content, chunker).count
    #expect(average > chunker.average * 3 / 4 && average < chunker.average * 3 / 2)
  }

  @Test(arguments: [0, 1, 2, 16_383, 16_384]) func leavesContentUpToTheMinimumWhole(count: Int) {
    let content = [UInt8](repeating: 7, count: count)
    #expect(chunker.firstChunkLength(in: content, from: 0, to: count) == count)
  }

  @Test func cutsContentThatNeverMeetsTheConditionAtTheMaximum() {
    let content = [UInt8](repeating: 0, count: 3 * chunker.maximum + 5)
    #expect(lengths(content, chunker) == [chunker.maximum, chunker.maximum, chunker.maximum, 5])
  }

  @Test func cutsInTheSamePlacesWhateverComesAfterTheMaximum() {
    var random = SeededRandom(seed: 33)
    let content = random.bytes(1 << 20)
    for start in [0, 1, 1000, 500_000] {
      let whole = chunker.firstChunkLength(in: content, from: start, to: content.count)
      #expect(chunker.firstChunkLength(in: content, from: start, to: start + chunker.maximum) == whole)
    }
  }

  @Test func changesOnlyTheChunksAroundAnInsertion() {
    var random = SeededRandom(seed: 34)
    let content = random.bytes(4 << 20)
    let before = Set(ids(content, chunker))
    for _ in 0..<8 {
      var changed = content
      let place = random.below(content.count)
      changed.insert(contentsOf: random.bytes(1 + random.below(500)), at: place)
      let after = ids(changed, chunker)
      #expect(after.filter { !before.contains($0) }.count <= 4, "insertion at \(place) of \(after.count) chunks")
    }
  }

  /// Chunks are found again by their cuts only: another algorithm would store every large file anew.
  @Test func cutsAFixedInputWhereItAlwaysDid() {
    var random = SeededRandom(seed: 2026)
    let content = random.bytes(1 << 20)
    #expect(
      lengths(content, chunker) == [
        82147, 100208, 82931, 23078, 82389, 81668, 65566, 83795, 72377, 29917, 104815, 69360, 93942, 76383,
      ])
  }

  @Test(arguments: [
    (Int64(0), 65_536), (65_535, 65_536), (65_536, 65_536), (131_071, 65_536), (1 << 20, 1 << 20),
    (Int64.max, 16 << 20),
  ])
  func roundsTheAverageDownToAPowerOfTwoWithinLimits(wanted: Int64, average: Int) {
    let chunker = Chunker(average: ByteCount(wanted))
    #expect(chunker.average == average)
    #expect(chunker.minimum == average / 4)
    #expect(chunker.maximum == average * 4)
  }
}
