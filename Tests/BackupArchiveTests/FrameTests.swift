import BackupArchive
import BackupModel
import TestSupport
import Testing

@Suite struct FrameTests {
  private static func content(_ random: inout SeededRandom) -> [UInt8] {
    let size = 1 + random.below(random.below(4) == 0 ? 700_000 : 3000)
    switch random.below(3) {
    case 0: return random.bytes(size)
    case 1: return [UInt8](repeating: UInt8(random.below(256)), count: size)
    default: return (0..<size).map { UInt8(truncatingIfNeeded: $0 / 7 &* ($0 & 3)) }
    }
  }

  @Test(arguments: [1, 3, 19]) func decompressesToWhatWasCompressed(level: Int) throws {
    var random = SeededRandom(seed: UInt64(40 + level))
    let encoder = try FrameEncoder(level: level)
    let decompressor = try FrameDecompressor()
    var found: [UInt8] = []
    for _ in 0..<(level == 19 ? 10 : 40) {
      let content = Self.content(&random)
      let frame = try encoder.encode(content, chunks: [], beginsMember: true)
      #expect(frame.contentSize == content.count)
      try decompressor.decompress(frame.bytes, size: content.count, into: &found)
      #expect(found == content)
    }
  }

  @Test func storesIncompressibleContentWithAlmostNoGrowth() throws {
    var random = SeededRandom(seed: 44)
    let content = random.bytes(2 << 20)
    #expect(try FrameCompressor().looksIncompressible(content))
    let frame = try FrameEncoder(level: 3).encode(content, chunks: [], beginsMember: true)
    #expect(frame.bytes.count < content.count + content.count / 1000)
  }

  @Test func refusesToMakeAnEmptyFrame() throws {
    let error = #expect(throws: ArchiveError.self) {
      try FrameEncoder(level: 3).encode([], chunks: [], beginsMember: true)
    }
    #expect(error?.code == .tooLarge)
  }

  @Test func refusesAFrameThatWasChangedAnywhere() throws {
    var random = SeededRandom(seed: 45)
    let content = Array("some text, some more text, some text again".utf8) + random.bytes(100)
    let frame = try FrameEncoder(level: 3).encode(content, chunks: [], beginsMember: true).bytes
    let decompressor = try FrameDecompressor()
    var found: [UInt8] = []
    for position in frame.indices {
      for bit in [position % 8] {
        var damaged = frame
        damaged[position] ^= 1 << UInt8(bit)
        do throws(ArchiveError) {
          try decompressor.decompress(damaged, size: content.count, into: &found)
        } catch {
          #expect(error.code == .damagedFrame)
          continue
        }
        // One bit of the header only says how large a window a reader must have.
        #expect(found == content, "bit \(bit) of byte \(position)")
      }
    }
  }

  @Test func refusesAFrameThatIsCutShortOrFollowedByAnother() throws {
    let content = [UInt8](repeating: 1, count: 1000)
    let frame = try FrameEncoder(level: 3).encode(content, chunks: [], beginsMember: true).bytes
    let decompressor = try FrameDecompressor()
    var found: [UInt8] = []
    for count in 0..<frame.count {
      #expect(throws: ArchiveError.self) {
        try decompressor.decompress(Array(frame.prefix(count)), size: content.count, into: &found)
      }
    }
    #expect(throws: ArchiveError.self) {
      try decompressor.decompress(frame + frame, size: 2 * content.count, into: &found)
    }
    for size in [0, 999, 1001] {
      #expect(throws: ArchiveError.self) { try decompressor.decompress(frame, size: size, into: &found) }
    }
    try decompressor.decompress(frame, size: content.count, into: &found)
    #expect(found == content)
  }

  @Test func findsTheOnlyByteThatIsNotZero() {
    for count in 0..<70 {
      let zeros = [UInt8](repeating: 0, count: count)
      #expect(isZero(zeros[...]))
      for position in 0..<count {
        var bytes = zeros
        bytes[position] = 1
        #expect(!isZero(bytes[...]))
        #expect(isZero(bytes[..<position]) && isZero(bytes[(position + 1)...]))
      }
    }
  }
}
