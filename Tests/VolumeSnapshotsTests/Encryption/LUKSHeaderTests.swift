import HostSystem
import TestSupport
import Testing

@testable import VolumeSnapshots

/// The recorded headers were made by cryptsetup 2.6.1 (`luksFormat --pbkdf-force-iterations 1000`, with fixed UUIDs); what is expected of them is
/// what its `luksDump` says.
@Suite("LUKS headers")
struct LUKSHeaderTests {
  private func find(_ bytes: [UInt8]) -> LUKSFinding? {
    try? LUKSFinding.find { offset, count in Array(bytes.dropFirst(Int(offset)).prefix(count)) }
  }

  private func reason(_ bytes: [UInt8]) -> String? {
    if case .damaged(let reason) = find(bytes) { reason } else { nil }
  }

  /// The recorded LUKS2 header with other JSON, padded to its place.
  private func second(json change: (String) -> String) throws -> [UInt8] {
    var bytes = try OpeningScratch.fixture("luks2-header")
    let text = String(decoding: bytes[4096..<16_384].prefix { $0 != 0 }, as: UTF8.self)
    let changed = change(text)
    try #require(changed != text)
    let padded = Array(changed.utf8) + [UInt8](repeating: 0, count: max(0, 12_288 - changed.utf8.count))
    bytes.replaceSubrange(4096..<16_384, with: padded.prefix(12_288))
    return bytes
  }

  @Test func readsTheFirstVersionAsCryptsetupDoes() throws {
    let header = try LUKSHeader(parsing: OpeningScratch.fixture("luks1-header"))
    #expect(header.version == .one)
    #expect(
      header.identity
        == LUKSIdentity(
          uuid: "6f6f5d5e-0000-4000-8000-000000000001",
          segment: LUKSSegment(offset: 4096 * 512, sectorSize: 512, encryption: "aes-xts-plain64"),
          keyDigest: "luks1 sha256 1000 fe7b8be4fabb7a40733322e05a79037d681d60f54089b70c4b915987ab0c10e7 "
            + "98fcd6c8719f7315937787 53dc4b4f5f7ebd1057".split(separator: " ").joined()))
  }

  @Test func readsTheSecondVersionAsCryptsetupDoes() throws {
    let header = try LUKSHeader(parsing: OpeningScratch.fixture("luks2-header"))
    #expect(header.version == .two)
    #expect(
      header.identity
        == LUKSIdentity(
          uuid: "6f6f5d5e-0000-4000-8000-000000000002",
          segment: LUKSSegment(offset: 16_777_216, sectorSize: 4096, encryption: "aes-xts-plain64"),
          keyDigest: "pbkdf2 sha256 1000 Xiwj7ByYM5E//eXDxMMlQKrQtIncjJ6Ds11WW9BJPyc= "
            + "9FLUtCv8VbdXyfqi9aGi2cmAwCznNeLa5TVf+NZhzMc="))
  }

  @Test(arguments: [[], [0x4C, 0x55, 0x4B, 0x53], [UInt8](repeating: 0, count: 100_000)] as [[UInt8]])
  func findsNothingInOtherContent(bytes: [UInt8]) { #expect(find(bytes) == LUKSFinding.none) }

  @Test func namesWhatIsWrongWithADamagedHeader() throws {
    let first = try OpeningScratch.fixture("luks1-header")
    let second = try OpeningScratch.fixture("luks2-header")
    func changed(_ bytes: [UInt8], _ offset: Int, _ new: [UInt8]) -> [UInt8] {
      var bytes = bytes
      bytes.replaceSubrange(offset..<offset + new.count, with: new)
      return bytes
    }
    let zeros = [UInt8](repeating: 0, count: 40)
    #expect(reason(changed(first, 6, [0, 7])) == "its version 7 is not known")
    #expect(reason(changed(first, 168, zeros)) == "it has no UUID")
    #expect(reason(changed(first, 8, zeros)) == "it names no cipher")
    #expect(reason(changed(first, 8, [0xFF])) == "the text at byte 8 is not one")
    #expect(reason(changed(first, 104, [0, 0, 0, 1])) == "its data begin within the header")
    #expect(reason(Array(first.prefix(300))) == nil)
    #expect(reason(Array(first.prefix(180))) == "the volume ends within the header")
    let still = "; its second header is still there"
    #expect(reason(changed(second, 8, [1])) == "its size of 72057594037944320 bytes is not allowed" + still)
    #expect(
      reason(changed(second, 256, [0, 0, 0, 0, 0, 0, 0x40])) == "it is not meant for the beginning of a volume" + still)
    #expect(reason(changed(second, 4096, [0x58])) == "its JSON can't be understood" + still)
    #expect(reason(Array(second.prefix(9000))) == "the volume ends within the header")
    let full = [UInt8](repeating: 0x20, count: 12_288)
    #expect(reason(changed(second, 4096, full)) == "its JSON has no end" + still)
  }

  @Test func findsTheSecondHeaderWhereTheFirstWasOverwritten() throws {
    var bytes = try OpeningScratch.fixture("luks2-header")
    bytes.replaceSubrange(0..<4096, with: [UInt8](repeating: 0, count: 4096))
    #expect(find(bytes) == .secondHeaderOnly(offset: 16_384))
  }

  @Test(arguments: [
    (#""offset":"16777216""#, #""offset":"16777217""#, "the offset of its data is not usable"),
    (#""offset":"16777216""#, #""offset":"-512""#, "the offset of its data is not usable"),
    (#""offset":"16777216""#, #""offset":"9223372036854775807""#, "the offset of its data is not usable"),
    (#""offset":"16777216""#, #""offset":"4096""#, "the offset of its data is not usable"),
    (#""offset":"16777216""#, #""offset":16777216"#, "its JSON can't be understood"),
    (#""size":"dynamic""#, #""size":"0""#, "the size of its data is not usable"),
    (#""size":"dynamic""#, #""size":"all""#, "the size of its data is not usable"),
    (#""sector_size":4096"#, #""sector_size":0"#, "its sector size is not usable"),
    (#""sector_size":4096"#, #""sector_size":1000"#, "its sector size is not usable"),
    (#""iv_tweak":"0""#, #""iv_tweak":"-1""#, "it names no cipher"),
    (#""segments":["0"]"#, #""segments":["1"]"#, "its segment has 0 key digests"),
    (#""json_size":"12288""#, #""json_size":"28672""#, "its JSON is of another header (28672 bytes)"),
  ])
  func refusesJSONOutOfItsBounds(old: String, new: String, expected: String) throws {
    #expect(reason(try second { $0.replacing(old, with: new) }) == expected + "; its second header is still there")
  }

  @Test(arguments: [
    (
      #""json_size""#, #""requirements":{"mandatory":["online-reencrypt-v2"]},"json_size""#,
      "it requires online-reencrypt-v2"
    ),
    (
      #""segments":{"0":"#, #""segments":{"1":{"type":"linear","offset":"0","size":"512"},"0":"#,
      "its data lie in 2 segments"
    ),
    (#""sector_size":4096"#, #""sector_size":4096,"integrity":{"type":"hmac(sha256)"}"#, "dm-integrity"),
    (#""sector_size":4096"#, #""sector_size":4096,"flags":["backup-final"]"#, "its segment is marked backup-final"),
    (#""type":"crypt""#, #""type":"linear""#, "its data are of type linear"),
    (#""offset":"16777216""#, #""offset":"0""#, "its header belongs to another volume"),
  ])
  func recognisesButDoesNotShiftOtherLayouts(old: String, new: String, expected: String) throws {
    let finding = find(try second { $0.replacing(old, with: new) })
    guard case .header(let header) = finding, case .other(let reason) = header.layout else {
      Issue.record("\(String(describing: finding))")
      return
    }
    #expect(reason.contains(expected))
    #expect(header.identity == nil)
    #expect(header.uuid == "6f6f5d5e-0000-4000-8000-000000000002")
  }

  @Test func doesNotShiftAFirstVersionWhoseHeaderIsElsewhere() throws {
    var bytes = try OpeningScratch.fixture("luks1-header")
    bytes.replaceSubrange(104..<108, with: [0, 0, 0, 0])
    #expect(try LUKSHeader(parsing: bytes).layout == .other("its header belongs to another volume (payload offset 0)"))
  }

  @Test func refusesJSONNestedWithoutEnd() throws {
    let nested = String(repeating: "[", count: 12_000)
    #expect(reason(try second { _ in nested })?.hasPrefix("its JSON can't be understood") == true)
  }

  @Test(arguments: ["luks1-header", "luks2-header"])
  func keepsItsBoundsWhateverIsFlippedOrCutOff(fixture: String) throws {
    let original = try OpeningScratch.fixture(fixture)
    // What matters lies in the first bytes and in the JSON.
    let places = fixture == "luks1-header" ? Array(0..<208) : Array(0..<512) + Array(4096..<5000)
    var random = SeededRandom(seed: 77)
    var (headers, damaged, others) = (0, 0, 0)
    for _ in 0..<1500 {
      var bytes = original
      for _ in 0...random.below(4) {
        let place = places[random.below(places.count)]
        bytes[place] =
          random.below(3) == 0 ? UInt8(truncatingIfNeeded: random.next()) : bytes[place] ^ 1 << random.below(8)
      }
      if random.below(8) == 0 { bytes.removeLast(random.below(bytes.count)) }
      switch find(bytes) {
      case .header(let header):
        headers += 1
        #expect(header.uuid.utf8.count == 36)
        guard let segment = header.identity?.segment else { continue }
        #expect(segment.offset >= 4096 && segment.offset % 512 == 0)
        for volume in [0, segment.offset, segment.offset + 5000, 1 << 40] as [Int64] {
          let size = segment.plaintextSize(ofVolume: volume)
          #expect(size >= 0 && size % segment.sectorSize == 0 && size <= max(0, volume - segment.offset))
        }
      case .damaged(let reason):
        damaged += 1
        #expect(!reason.isEmpty && reason.utf8.count < 200)
      case .none?, .secondHeaderOnly: others += 1
      case nil: Issue.record("reading from memory failed")
      }
    }
    // All three happen, so the loop looks at what it is meant to look at.
    #expect(headers > 100 && damaged > 100 && others > 5)
  }
}
