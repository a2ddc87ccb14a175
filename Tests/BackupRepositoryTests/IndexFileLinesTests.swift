import BackupModel
import HostSystem
import TestSupport
import Testing

@testable import BackupRepository

@Suite struct IndexFileLinesTests {
  private static let block: Int64 = 16 << 10

  private func entry(blocks: Int) -> IndexEntry {
    IndexSample.entry("volume.img", size: Int64(blocks) * Self.block)
  }

  private func lines(_ extents: [Extent], blocks: Int, piece: Int = .max) -> [[UInt8]] {
    var lines = IndexFileLines(entry(blocks: blocks), blockSize: ByteCount(Self.block))
    var text: [UInt8] = []
    var rest = extents[...]
    while !rest.isEmpty {
      lines.append(Array(rest.prefix(piece)), to: &text)
      rest = rest.dropFirst(piece)
    }
    lines.finish(to: &text)
    return text.split(separator: 0x0A).map(Array.init)
  }

  /// One extent a block, a share of them holes.
  private func extents(_ blocks: Int, seed: UInt64, holes: Int) -> [Extent] {
    var random = SeededRandom(seed: seed)
    return (0..<blocks).map { number in
      Extent(length: Self.block, chunk: random.below(10) < holes ? nil : IndexSample.chunk(number))
    }
  }

  private func joined(_ extents: [Extent]) -> [Extent] {
    extents.reduce(into: []) { joined, extent in
      if extent.chunk == nil, let last = joined.last, last.chunk == nil {
        joined[joined.count - 1].length += extent.length
      } else {
        joined.append(extent)
      }
    }
  }

  @Test(arguments: [0, 1, 5, 9, 10], [1, 63, 64, 65, 1000])
  func readersFindTheExtentsWithNeighbouringHolesJoined(holes: Int, blocks: Int) throws {
    let extents = extents(blocks, seed: UInt64(holes + 1), holes: holes)
    let lines = lines(extents, blocks: blocks)
    var found = try IndexLineParser.entry(of: try #require(lines.first)[...])
    #expect(found.extents.count <= IndexLine.extentsPerLine)
    for line in lines.dropFirst() {
      let (offset, more) = try IndexLineParser.continuation(of: line[...])
      #expect(offset == found.extents.reduce(0) { $0 + $1.length } && more.count <= IndexLine.extentsPerLine)
      found.extents += more
    }
    #expect(found.extents == joined(extents))
    try IndexLineParser.validate(found)
  }

  @Test(arguments: [1, 7, 64]) func linesAreTheSameHoweverTheExtentsAreHandedOver(piece: Int) {
    let extents = extents(500, seed: 3, holes: 3)
    #expect(lines(extents, blocks: 500, piece: piece) == lines(extents, blocks: 500))
  }

  @Test func aHoleThatAppearsChangesOneLine() {
    var extents = extents(1000, seed: 4, holes: 0)
    let before = lines(extents, blocks: 1000)
    extents[500].chunk = nil
    let after = lines(extents, blocks: 1000)
    #expect(before.count == after.count && zip(before, after).count { $0 != $1 } == 1)
  }

  @Test func aFileWithoutContentHasOneLine() {
    #expect(lines([], blocks: 0).count == 1)
  }

  @Test func blocksOfTheIndexAreCutAtTheSamePlacesBehindAChange() throws {
    var extents = extents(40_000, seed: 5, holes: 1)
    func blocks(_ extents: [Extent]) throws -> Set<ChunkID> {
      var builder = IndexBuilder()
      var found: Set<ChunkID> = []
      for line in lines(extents, blocks: 40_000) {
        try builder.append((line + [0x0A])[...]) { id, _ in found.insert(id) }
      }
      _ = try builder.finish { id, _ in found.insert(id) }
      return found
    }
    let before = try blocks(extents)
    // A new allocation in what was a hole, so that the lines get longer.
    let hole = try #require(extents.firstIndex { $0.chunk == nil })
    extents[hole].chunk = IndexSample.chunk(99_999)
    let after = try blocks(extents)
    #expect(before.count > 8)
    #expect(after.subtracting(before).count <= 3, "one leaf and what is above it")
  }
}
