import BackupArchive
import BackupModel
import TestSupport
import Testing

@testable import BackupRepository

@Suite struct KnownChunksTests {
  private func id(_ random: inout SeededRandom) -> ChunkID {
    ChunkID(words: SIMD4(random.next(), random.next(), random.next(), random.next()))
  }

  @Test func agreesWithASetOnRandomChunks() {
    var random = SeededRandom(seed: 81)
    var known = KnownChunks()
    var set: Set<ChunkID> = []
    var pool: [ChunkID] = []
    for _ in 0..<30_000 {
      let chunk = pool.isEmpty || random.below(3) > 0 ? id(&random) : pool[random.below(pool.count)]
      pool.append(chunk)
      if known.insert(chunk) != set.insert(chunk).inserted { Issue.record("\(chunk)") }
    }
    #expect(known.count == set.count)
    #expect(pool.allSatisfy { known.contains($0) })
    #expect((0..<10_000).allSatisfy { _ in !known.contains(id(&random)) })
  }

  @Test func tellsChunksApartThatBeginAlike() {
    var known = KnownChunks()
    let chunks =
      (0..<3000).map { ChunkID(words: SIMD4(UInt64.max, UInt64($0), 0, 0)) } + [ChunkID(words: SIMD4(0, 0, 0, 0))]
    let added = chunks.filter { known.insert($0) }
    #expect(added.count == chunks.count)
    let addedAgain = chunks.filter { known.insert($0) }
    #expect(addedAgain.isEmpty)
    #expect(!known.contains(ChunkID(words: SIMD4(UInt64.max, 3000, 0, 0))))
  }

  @Test(arguments: [0, 1, 1023, 1024, 1025, 50_000]) func takesAnyCapacity(capacity: Int) {
    var random = SeededRandom(seed: 82)
    var known = KnownChunks(capacity: capacity)
    for _ in 0..<(capacity + 100) { _ = known.insert(id(&random)) }
    #expect(known.count == capacity + 100)
  }

  /// The only thing that grows with a source: at most 24 bytes a chunk, whatever the number.
  @Test func takesAtMost24BytesAChunkAtAnySize() {
    var random = SeededRandom(seed: 83)
    var known = KnownChunks()
    for count in 1...60_000 {
      _ = known.insert(id(&random))
      if count >= 1024, count % 501 == 0 { #expect(known.byteCount <= 24 * count, "\(count) chunks") }
    }
  }
}
