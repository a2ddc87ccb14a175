import BackupArchive
import BackupModel
import HostSystem
import Testing

@testable import BackupRepository

/// Whatever a repository holds, a parser gives a value or throws its module's error; it never crashes, and never takes
/// memory that the input doesn't warrant.
@Suite struct ParserFuzzTests {
  /// Runs a parser; only the repository's own error may come out of it.
  private func parse(_ body: () throws -> Void) throws {
    do { try body() } catch is RepositoryError {}
  }

  @Test(.timeLimit(.minutes(60))) func indexLines() throws {
    try FuzzCorpus("index-line").forEach(seed: 101) { bytes in
      let line = bytes[...]
      try parse {
        let head = try IndexLineParser.head(of: line)
        #expect(isSafeIndexPath(head.path))
      }
      try parse { _ = try IndexLineParser.continuation(of: line) }
      try parse {
        let entry = try IndexLineParser.entry(of: line)
        #expect(isSafeIndexPath(entry.path))
        #expect((0..<1_000_000_000).contains(entry.modified.nanoseconds))
        #expect(entry.extents.allSatisfy { $0.length > 0 })
        // An entry that was accepted can be written again, and read as the same.
        try IndexLineParser.validate(entry)
        var lines: [UInt8] = []
        IndexLine.append(entry, to: &lines)
        let first = lines.prefix { $0 != 0x0A }
        if entry.extents.count <= IndexLine.extentsPerLine,
          entry.kind == .file || entry.size == 0 || entry.linkTarget != nil
        {
          #expect(try IndexLineParser.entry(of: first) == entry)
        }
      }
    }
  }

  /// Frames and members that are looked for without tables, in packs of which anything may be damaged.
  @Test(.timeLimit(.minutes(60))) func packsWithoutTables() throws {
    try FuzzCorpus("pack").forEach(seed: 108) { bytes in
      var end: Int64 = 0
      var tar = TarScan()
      try FrameScan(try FuzzFile.open(bytes)).forEach { piece in
        switch piece {
        case .gap(let range):
          #expect(range.lowerBound == end && !range.isEmpty)
          end = range.upperBound
          tar.skip()
        case .frame(let frame):
          #expect(frame.offset == end)
          end += Int64(frame.bytes.count)
          for region in tar.next(frame.content).regions {
            #expect(region.bytes.lowerBound >= 0 && region.bytes.upperBound <= frame.content.count)
          }
        }
      }
      #expect(end <= Int64(bytes.count))
      // The same bytes as the content of a frame.
      var inside = TarScan()
      for region in inside.next(bytes).regions { #expect(region.bytes.upperBound <= bytes.count) }
    }
  }

  @Test(.timeLimit(.minutes(60))) func indexBlocks() throws {
    let scratch = try ScratchRepository()
    let leaf = IndexSample.lines([IndexSample.entry("a"), IndexSample.largeFile("b", extents: 100)])
    try scratch.storePack([leaf])
    var number = 1
    try FuzzCorpus("index-block").forEach(seed: 102) { bytes in
      guard !bytes.isEmpty else { return }
      number += 1
      // One pack after the other would make the lookups slow: each block replaces the one before.
      try scratch.storePack([bytes], number: 2)
      for level in 0...2 {
        try parse {
          let reader = try scratch.reader(of: IndexRoot(root: ChunkID(of: bytes), level: level))
          var previous: PathBytes?
          try reader.forEachEntry { entry in
            #expect(isSafeIndexPath(entry.path))
            if let previous { #expect(comparePaths(previous[...], entry.path[...]) < 0) }
            previous = entry.path
            return true
          }
        }
        try parse {
          let reader = try scratch.reader(of: IndexRoot(root: ChunkID(of: bytes), level: level))
          _ = try reader.entry(at: Array("b".utf8))
        }
      }
    }
    #expect(number > 1)
  }

  @Test(.timeLimit(.minutes(60))) func points() throws {
    try FuzzCorpus("point").forEach(seed: 103) { bytes in
      try parse { _ = try PointFile.decode(bytes, name: "it") }
      // With a right digest, as a hostile writer would make it.
      let file =
        Array(#"{"point":"#.utf8) + bytes + Array(#","sha256":""#.utf8) + Array(ChunkID(of: bytes).description.utf8)
        + Array("\"}\n".utf8)
      try parse {
        let point = try PointFile.decode(file, name: "it")
        #expect(point.format <= RepositoryDescription.knownFormat)
      }
    }
  }

  @Test(.timeLimit(.minutes(60))) func descriptions() throws {
    try FuzzCorpus("repository-json").forEach(seed: 104) { bytes in
      try parse { _ = try RepositoryDescription.decode(bytes, location: "/r") }
    }
  }

  @Test(.timeLimit(.minutes(60))) func packs() throws {
    let decompressor = try FrameDecompressor()
    var isRepaired = false
    try FuzzCorpus("pack").forEach(seed: 105) { bytes in
      isRepaired.toggle()
      do {
        let reader = try PackReader(try FuzzFile.open(isRepaired ? withRightDigest(bytes) : bytes))
        #expect(reader.frames.count <= bytes.count / 16)
        for id in [ChunkID(words: SIMD4(0, 0, 0, 0)), IndexSample.chunk(0), ChunkID(words: SIMD4(repeating: .max))] {
          do { _ = try reader.location(of: id) } catch is ArchiveError {}
        }
        do { try reader.forEachChunk { #expect(Int($0.frame) < reader.frames.count) } } catch is ArchiveError {}
        do { _ = try reader.runs() } catch is ArchiveError {}
        var content: [UInt8] = []
        for frame in reader.frames.indices.prefix(8) {
          do { try reader.readFrame(frame, with: decompressor, into: &content) } catch is ArchiveError {}
        }
      } catch is ArchiveError {}
    }
  }

  /// The pack with the digest that its table of contents should have, as a hostile writer would make it.
  private func withRightDigest(_ pack: [UInt8]) -> [UInt8] {
    func number(at offset: Int) -> Int { (0..<4).reduce(0) { $0 | Int(pack[offset + $1]) << (8 * $1) } }
    guard pack.count > 100 else { return pack }
    let end = pack.count - (17 + 8 * number(at: pack.count - 9))
    guard end > 48, end <= pack.count - 17 else { return pack }
    let size = 72 + 16 * number(at: end - 48) + 4 * number(at: end - 44) + 44 * number(at: end - 40)
    guard size <= end else { return pack }
    var repaired = pack
    repaired.replaceSubrange(end - 32..<end, with: ChunkID(of: pack[end - size..<end - 32]).bytes)
    return repaired
  }
}
