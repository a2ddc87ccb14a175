import BackupArchive
import BackupModel
import TestSupport
import Testing

@Suite struct PackTests {
  @Test func readsBackEveryChunkOfRandomPacks() throws {
    var random = SeededRandom(seed: 51)
    let decompressor = try FrameDecompressor()
    for _ in 0..<25 {
      let contents = (0..<random.below(40)).map { _ in random.bytes(random.below(5000)) }
      let reader = try PackScene.reader(try PackScene.pack(contents, perFrame: 1 + random.below(6)))
      let ids = Set(contents.filter { !$0.isEmpty }.map { ChunkID(of: $0) })
      #expect(reader.chunkCount == ids.count)
      for content in contents where !content.isEmpty {
        #expect(try PackScene.chunk(ChunkID(of: content), in: reader, decompressor) == content)
      }
      var listed: [ChunkID] = []
      try reader.forEachChunk { listed.append($0.id) }
      #expect(listed == ids.sorted())
      #expect(try reader.runs() == Array(reader.frames.indices))
    }
  }

  @Test func listsAChunkOnceThatTwoFramesHold() throws {
    let content = [UInt8](repeating: 5, count: 100)
    let reader = try PackScene.reader(try PackScene.pack([content, content, content], perFrame: 1))
    #expect(reader.chunkCount == 1)
    #expect(try reader.location(of: ChunkID(of: content))?.frame == 0)
  }

  /// A pack with tables only: the frames are tiny, the chunks claimed to lie in the first one.
  private func manyChunks(_ count: Int) throws -> (bytes: [UInt8], ids: [ChunkID]) {
    let output = MemoryOutput()
    var writer = PackWriter(output: output)
    let encoder = try FrameEncoder(level: 1)
    let ids = (0..<count).map { ChunkID(of: Array("chunk \($0)".utf8)) }
    let chunks = ids.map { FrameChunk(id: $0, offset: 3, length: 4) }
    try writer.append(try encoder.encode([UInt8](repeating: 1, count: 512), chunks: chunks, beginsMember: true))
    try writer.finish(encoder)
    return (output.bytes, ids)
  }

  @Test(arguments: [0, 1, 2, 255, 256, 257, 1000, 100_000], [false, true])
  func findsAllChunksAndOnlyThose(count: Int, keepsTable: Bool) throws {
    let (bytes, ids) = try manyChunks(count)
    let reader = try PackScene.reader(bytes)
    if keepsTable { try reader.prepareForManyLookups() }
    for id in ids.indices where count <= 1000 || id % 997 == 0 {
      let record = try #require(try reader.location(of: ids[id]))
      #expect(record.id == ids[id] && record.offset == 3 && record.length == 4 && record.frame == 0)
    }
    for other in 0..<100 { #expect(try reader.location(of: ChunkID(of: Array("other \(other)".utf8))) == nil) }
    for word in [UInt64.min, 1, .max] {
      #expect(try reader.location(of: ChunkID(words: SIMD4(word, word, word, word))) == nil)
    }
  }

  @Test func findsChunksWhoseIdsAreFarFromUniform() throws {
    let output = MemoryOutput()
    var writer = PackWriter(output: output)
    let encoder = try FrameEncoder(level: 1)
    // All ids share their first word, then differ in the last one; and a few stand at both ends.
    var ids = (0..<3000).map { ChunkID(words: SIMD4(77, 0, 0, UInt64($0))) }
    ids += [ChunkID(words: SIMD4(0, 0, 0, 1)), ChunkID(words: SIMD4(.max, .max, .max, .max))]
    ids += (0..<300).map { ChunkID(words: SIMD4(UInt64.max - UInt64($0) * 2, 0, 0, 0)) }
    let chunks = ids.map { FrameChunk(id: $0, offset: 0, length: 1) }
    try writer.append(try encoder.encode([1, 2, 3], chunks: chunks, beginsMember: true))
    try writer.finish(encoder)
    let reader = try PackScene.reader(output.bytes)
    for id in ids { #expect(try reader.location(of: id)?.id == id) }
    let others: [[UInt64]] = [[76, 0, 0, 0], [77, 0, 0, 5000], [78, 0, 0, 0], [.max - 1, 0, 0, 0]]
    for other in others {
      #expect(try reader.location(of: ChunkID(words: SIMD4(other[0], other[1], other[2], other[3]))) == nil)
    }
  }

  // MARK: - Damage

  private static let contents: [[UInt8]] = (0..<6).map { [UInt8](repeating: UInt8($0), count: 50 + 10 * $0) }

  /// Looks at all that a reader gives: every answer is right, or an `ArchiveError`.
  private func examine(_ bytes: [UInt8], _ decompressor: FrameDecompressor) throws -> Bool {
    var isWhole = true
    func attempt(_ body: () throws -> Void) throws {
      do { try body() } catch is ArchiveError { isWhole = false }
    }
    try attempt {
      let reader = try PackScene.reader(bytes)
      for content in Self.contents {
        try attempt {
          if let found = try PackScene.chunk(ChunkID(of: content), in: reader, decompressor) {
            // Where a chunk lies isn't proved before its hash is: what is found is right, or its hash says otherwise.
            if found != content { isWhole = false }
            #expect(found == content || ChunkID(of: found) != ChunkID(of: content))
          } else {
            isWhole = false
          }
        }
      }
      try attempt { try reader.forEachChunk { #expect(Int($0.frame) < reader.frames.count) } }
      try attempt {
        let runs = try reader.runs()
        #expect(runs.allSatisfy { $0 < reader.frames.count })
      }
      try attempt { try reader.prepareForManyLookups() }
      for frame in reader.frames.indices {
        var content: [UInt8] = []
        try attempt { try reader.readFrame(frame, with: decompressor, into: &content) }
      }
    }
    return isWhole
  }

  @Test func noticesABitFlipInEveryByte() throws {
    let pack = try PackScene.pack(Self.contents)
    let decompressor = try FrameDecompressor()
    #expect(try examine(pack, decompressor))
    let reader = try PackScene.reader(pack)
    let table = reader.frames.reduce(0) { $0 + Int($1.size) }
    // Sizes in the seek table are for other programs; a frame's header has bits that only say how large a window a
    // reader needs. Every bit of the table of contents counts.
    let seekTable = pack.count - (8 + 8 * (reader.frames.count + 1) + 9)
    for position in pack.indices {
      var damaged = pack
      damaged[position] ^= 1 << UInt8(position * 5 % 8)
      let seemsWhole = try examine(damaged, decompressor)
      if position >= table, position < seekTable, seemsWhole { Issue.record("byte \(position)") }
    }
  }

  @Test func refusesAPackThatIsCutShortAnywhere() throws {
    let pack = try PackScene.pack(Self.contents)
    for count in 0..<pack.count {
      #expect(throws: ArchiveError.self, "\(count) bytes") { try PackScene.reader(Array(pack.prefix(count))) }
    }
  }

  @Test func refusesAPackWithBytesAfterIt() throws {
    let pack = try PackScene.pack(Self.contents)
    for count in [1, 8, 9, 100, 100_000] {
      #expect(throws: ArchiveError.self) { try PackScene.reader(pack + [UInt8](repeating: 0, count: count)) }
    }
  }
}
