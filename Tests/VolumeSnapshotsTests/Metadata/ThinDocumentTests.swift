import TestSupport
import Testing

@testable import VolumeSnapshots

@Suite("Output of the thin tools")
struct ThinDocumentTests {
  typealias Range = BlockMap.Range
  static let chunk: Int64 = 65_536

  private func difference(_ text: String) throws -> ThinDifference {
    let feed = ThinDocumentFeed(ThinDifferenceDocument(leftID: 1, rightID: 2, chunkSize: Self.chunk))
    try feed.read(Array(text.utf8))
    return try feed.finish()
  }

  private func mapping(_ text: String, id: Int = 2) throws -> ThinMapping {
    let feed = ThinDocumentFeed(ThinMappingDocument(thinID: id, chunkSize: Self.chunk))
    try feed.read(Array(text.utf8))
    return try feed.finish()
  }

  /// Recorded: thin_delta 0.9.0 of a metadata snapshot; the second with the attributes and layout of the 1.x writer.
  static let differences = [
    """
    <superblock uuid="" time="5" transaction="7" data_block_size="128" nr_data_blocks="0" metadata_snap="33">
      <diff left="1" right="2">
        <same begin="0" length="2"/>
        <right_only begin="2" length="2"/>
        <different begin="4" length="2"/>
        <left_only begin="6" length="4"/>
      </diff>
    </superblock>

    """,
    """
    <?xml version='1.0'?>
    <superblock uuid="" time="5" transaction="7" flags="1" version="2" data_block_size="128" nr_data_blocks="1000">
      <diff left="1" right="2">
        <same begin="0" length="2"></same><right_only  length='2' begin='2' />
        <different begin="4" length="2"/>
        <left_only begin="6" length="4"/>
      </diff>
    </superblock>
    """,
  ]

  @Test(arguments: differences)
  func readsADifferenceOfEitherGeneration(text: String) throws {
    let difference = try difference(text)
    #expect(difference.leftBlocks == 8)
    #expect(difference.rightBlocks == 6)
    #expect(
      difference.map(size: 12 * Self.chunk, baseSize: 12 * Self.chunk).ranges == [
        Range(0..<2 * Self.chunk, .same), Range(2 * Self.chunk..<6 * Self.chunk, .changed),
        Range(6 * Self.chunk..<12 * Self.chunk, .unmapped),
      ])
  }

  @Test func leavesOutWhatLiesPastTheEndAfterAShrink() throws {
    let map = try difference(Self.differences[0]).map(size: 5 * Self.chunk - 100, baseSize: 12 * Self.chunk)
    #expect(map.ranges.last == Range(2 * Self.chunk..<5 * Self.chunk - 100, .changed))
    #expect(map.bytes(.changed) == 3 * Self.chunk - 100)
  }

  @Test func readsTheGrownTailEvenWhereTheMetadataCallItTheSame() throws {
    let map = try difference(Self.differences[0]).map(size: 12 * Self.chunk, baseSize: Self.chunk + 512)
    #expect(
      map.ranges.prefix(2) == [Range(0..<Self.chunk + 512, .same), Range(Self.chunk + 512..<6 * Self.chunk, .changed)])
  }

  @Test func hasNoChangedBytesIfNothingChanged() throws {
    let text = """
      <superblock uuid="" time="5" transaction="7" data_block_size="128" nr_data_blocks="0">
        <diff left="1" right="2"><same begin="0" length="9"/></diff></superblock>
      """
    #expect(try difference(text).map(size: 9 * Self.chunk, baseSize: 9 * Self.chunk).bytes(.changed) == 0)
  }

  static let superblock = #"<superblock uuid="" time="5" transaction="7" data_block_size="128" nr_data_blocks="0">"#
  static func wrapped(_ inside: String) -> String {
    superblock + #"<diff left="1" right="2">"# + inside + "</diff></superblock>"
  }

  static let unusable: [String] = [
    "", "\n", "garbage", "<superblock", superblock, superblock + "</superblock>", superblock + "</diff>",
    superblock + #"<diff left="1" right="3"></diff></superblock>"#,
    superblock + #"<diff left="2" right="1"></diff></superblock>"#,
    #"<superblock data_block_size="256"><diff left="1" right="2"></diff></superblock>"#,
    #"<superblock><diff left="1" right="2"></diff></superblock>"#,
    wrapped("text"), wrapped("<same begin=\"0\" length=\"1\">"), wrapped(#"<same begin="0"/>"#),
    wrapped(#"<same length="1"/>"#), wrapped(#"<same begin="0" length="0"/>"#),
    wrapped(#"<same begin="-1" length="2"/>"#),
    wrapped(#"<same begin="0x1" length="2"/>"#), wrapped(#"<same begin="" length="2"/>"#),
    wrapped(#"<same begin="99999999999999999999999" length="2"/>"#),
    wrapped(#"<same begin="9007199254740992" length="2"/>"#),
    wrapped(#"<same begin="0" begin="1" length="2"/>"#), wrapped(#"<same begin="0"length="2"/>"#),
    wrapped(#"<same begin=0 length=2/>"#), wrapped(#"<changed begin="0" length="2"/>"#),
    wrapped(#"<same begin="5" length="2"/><different begin="6" length="1"/>"#),
    wrapped(#"<same begin="5" length="2"/><different begin="0" length="1"/>"#),
    wrapped(#"<same begin="5" length="2"><range begin="5" length="2"/></same>"#),
    wrapped("") + "more", wrapped("") + superblock, wrapped("<" + String(repeating: "a", count: 5000) + "/>"),
    wrapped("<!-- -->"), wrapped("<a\0/>"), wrapped("<?xml?>"),
    superblock + #"<diff left="1" right="2"></diff><diff left="1" right="2"></diff></superblock>"#,
    String(repeating: "<superblock data_block_size=\"128\">", count: 100),
  ]

  @Test(arguments: unusable)
  func refusesADifferenceThatIsNotWhole(text: String) {
    #expect(throws: ThinXMLError.self) { try difference(text) }
  }

  @Test func refusesEveryOutputThatWasCutShort() {
    var random = SeededRandom(seed: 3)
    let model = ThinModel.random(&random, blocks: 40)
    for text in [Self.differences[0], model.dump([2])] {
      let whole = text.utf8.count - 1
      for length in 0..<whole where length != whole {
        let cut = String(decoding: Array(text.utf8.prefix(length)), as: UTF8.self)
        if text.hasPrefix(Self.differences[0]) {
          #expect(throws: ThinXMLError.self) { try difference(cut) }
        } else {
          #expect(throws: ThinXMLError.self) { try mapping(cut) }
        }
      }
    }
  }

  @Test func readsTheSameInWhateverPiecesItComes() throws {
    var random = SeededRandom(seed: 41)
    for _ in 0..<50 {
      let bytes = Array(ThinModel.random(&random, blocks: 60).delta(1, 2).utf8)
      let feed = ThinDocumentFeed(ThinDifferenceDocument(leftID: 1, rightID: 2, chunkSize: Self.chunk))
      var rest = bytes[...]
      while !rest.isEmpty {
        let piece = rest.prefix(1 + random.below(40))
        try feed.read(Array(piece))
        rest = rest.dropFirst(piece.count)
      }
      let whole = try difference(String(decoding: bytes, as: UTF8.self))
      #expect(try feed.finish().ranges == whole.ranges)
    }
  }

  @Test(arguments: ThinModel.Generation.allCases)
  func agreesWithTheModelForRandomDevices(generation: ThinModel.Generation) throws {
    var random = SeededRandom(seed: 7)
    for _ in 0..<200 {
      let blocks = 10 + random.below(80)
      let model = ThinModel.random(&random, blocks: blocks)
      let (size, baseSize) = (1 + random.below(blocks), 1 + random.below(blocks))
      let map = try difference(model.delta(1, 2, generation))
        .map(size: Int64(size) * Self.chunk, baseSize: Int64(baseSize) * Self.chunk)
      let expected = model.states(1, 2, blocks: size, baseBlocks: baseSize)
      #expect(map.states(of: Self.chunk) == expected)
      let mapped = try mapping(model.dump([2], generation))
      #expect(mapped.mappedBlocks == Int64(model.devices[2]?.blocks.count ?? -1))
      #expect(mapped.writtenBlocks == 0)
      #expect(
        mapped.map(size: Int64(size) * Self.chunk).states(of: Self.chunk)
          == expected.map { $0 == .unmapped ? .unmapped : .changed })
    }
  }

  @Test func survivesEveryKindOfDamage() {
    var random = SeededRandom(seed: 20_261_122)
    var accepted = 0
    for round in 0..<4000 {
      let model = ThinModel.random(&random, blocks: 30)
      var bytes = Array((round % 2 == 0 ? model.delta(1, 2) : model.dump([2], .rust)).utf8)
      for _ in 0...random.below(3) {
        let position = random.below(bytes.count)
        switch random.below(4) {
        case 0: bytes[position] = UInt8(random.below(256))
        case 1: bytes.remove(at: position)
        case 2: bytes.insert(contentsOf: bytes[position...].prefix(random.below(60)), at: random.below(bytes.count))
        default: bytes[position] ^= 1 << UInt8(random.below(8))
        }
      }
      let text = bytes
      let feeds: (ThinDocumentFeed<ThinDifferenceDocument>, ThinDocumentFeed<ThinMappingDocument>) = (
        ThinDocumentFeed(ThinDifferenceDocument(leftID: 1, rightID: 2, chunkSize: Self.chunk)),
        ThinDocumentFeed(ThinMappingDocument(thinID: 2, chunkSize: Self.chunk))
      )
      do {
        let map: BlockMap
        if round % 2 == 0 {
          try feeds.0.read(text)
          map = try feeds.0.finish().map(size: 30 * Self.chunk, baseSize: 30 * Self.chunk)
        } else {
          try feeds.1.read(text)
          map = try feeds.1.finish().map(size: 30 * Self.chunk)
        }
        accepted += 1
        // A changed digit can't be told from a true one, but the map covers the volume.
        #expect(map.ranges.first?.bytes.lowerBound == 0 && map.ranges.last?.bytes.upperBound == 30 * Self.chunk)
      } catch {
        #expect(error is ThinXMLError)
      }
    }
    #expect(accepted > 0 && accepted < 2000, "\(accepted)")
  }

  @Test func findsBlocksThatWereWrittenAfterTheSnapshotWasMade() throws {
    var model = ThinModel()
    model.devices[2] = ThinModel.Device(
      transaction: 3, creationTime: 5,
      blocks: [0: .init(data: 9, time: 4), 1: .init(data: 3, time: 5), 7: .init(data: 4, time: 8)])
    let mapping = try mapping(model.dump([2]))
    #expect(mapping.writtenBlocks == 2)
    #expect(mapping.transaction == 3)
    #expect(mapping.creationTime == 5)
  }

  @Test(arguments: ThinModel.Generation.allCases)
  func listsTheDevicesWithoutTheirMappings(generation: ThinModel.Generation) throws {
    var random = SeededRandom(seed: 12)
    let model = ThinModel.random(&random, blocks: 40)
    let feed = ThinDocumentFeed(ThinDevicesDocument(chunkSize: Self.chunk))
    try feed.read(Array(model.dump([1, 2], generation, mappings: false).utf8))
    #expect(try feed.finish() == model.described)
    let twice = ThinDocumentFeed(ThinDevicesDocument(chunkSize: Self.chunk))
    #expect(throws: ThinXMLError.self) { try twice.read(Array(model.dump([1, 1], mappings: false).utf8)) }
  }

  @Test func readsRunsThatTheRustToolsWriteOnce() throws {
    let text = """
      \(Self.superblock)
        <def name="11"><range_mapping origin_begin="4" data_begin="0" length="3" time="1"/></def>
        <device dev_id="2" mapped_blocks="4" transaction="1" creation_time="1" snap_time="1">
          <single_mapping origin_block="0" data_block="8" time="0"/><ref name="11"/>
        </device></superblock>
      """
    let mapping = try mapping(text)
    #expect(mapping.map(size: 7 * Self.chunk).bytes(.changed) == 4 * Self.chunk)
    #expect(mapping.writtenBlocks == 3)
  }

  static let device = #"<device dev_id="2" mapped_blocks="1" transaction="1" creation_time="1" snap_time="1">"#
  static let single = #"<single_mapping origin_block="0" data_block="8" time="0"/>"#
  static let unusableMappings = [
    superblock + "</superblock>", superblock + device + "</device></superblock>",
    superblock + device + single + #"<ref name="1"/></device></superblock>"#,
    superblock + single + "</superblock>",
    superblock + device + single + "</device>" + device + single + "</device></superblock>",
    superblock + #"<def name="1"></def><def name="1"></def>"# + device + single + "</device></superblock>",
    superblock + #"<device dev_id="3" mapped_blocks="0" transaction="1" creation_time="1"></device></superblock>"#,
    superblock + device + single + single + "</device></superblock>",
  ]

  @Test(arguments: unusableMappings)
  func refusesAMappingThatIsNotWhole(text: String) {
    #expect(throws: ThinXMLError.self) { try mapping(text) }
  }
}

extension BlockMap {
  /// The state of each block, which must not change within it.
  func states(of chunk: Int64) -> [State] {
    ranges.flatMap { range in
      (range.bytes.lowerBound / chunk..<range.bytes.upperBound / chunk).map { _ in range.state }
    }
  }
}
