import BackupModel
import Foundation
import TestSupport
import Testing

@Suite struct RecoveryPointIDTests {
  @Test(arguments: ["20261122T050000Z", "20261122T050000Z_2", "19700101T000000Z_17", "99991231T235959Z"])
  func printsWhatItParsed(text: String) throws {
    #expect(try #require(RecoveryPointID(parsing: text)).description == text)
  }

  @Test(arguments: [
    "", "20261122T050000", "20261122T050000Z_", "20261122T050000Z_1", "20261122T050000Z_0", "20261122T050000Z_02",
    "20261122T050000Z_-2", "20261122t050000Z", "20260229T000000Z", "20261122T250000Z", "20261122T050000Z.json",
    "20261122T050000Zx", "2026112ZT050000Z", "20261122T050000Z_9999999999999999999999",
  ])
  func refusesAnythingElse(text: String) { #expect(RecoveryPointID(parsing: text) == nil) }

  @Test func parsesWhatItPrintsForRandomPoints() {
    var random = SeededRandom(seed: 14)
    for _ in 0..<500 {
      let begun = Timestamp(
        seconds: Int64(random.below(253_402_300_799)), nanoseconds: Int32(random.below(1_000_000_000)))
      let id = RecoveryPointID(begun: begun, ordinal: 1 + random.below(1000))
      #expect(RecoveryPointID(parsing: id.description) == id)
    }
  }

  @Test func ordersByTimeThenByNumberNotByText() {
    let texts = [
      "20261122T050000Z_10", "20261122T050001Z", "20261122T050000Z", "20261122T050000Z_2", "20251122T050000Z_3",
    ]
    #expect(
      texts.compactMap { RecoveryPointID(parsing: $0) }.sorted().map(\.description) == [
        "20251122T050000Z_3", "20261122T050000Z", "20261122T050000Z_2", "20261122T050000Z_10", "20261122T050001Z",
      ])
  }
}

@Suite struct ChunkIDTests {
  @Test func roundTripsThroughTextBytesAndJSON() throws {
    var random = SeededRandom(seed: 15)
    for _ in 0..<500 {
      let bytes = random.bytes(32)
      let id = try #require(ChunkID(bytes: bytes))
      #expect(id.bytes == bytes)
      #expect(ChunkID(parsing: id.description) == id)
      #expect(id.description == bytes.map { String(format: "%02x", $0) }.joined())
      #expect(try JSONDecoder().decode([ChunkID].self, from: JSONEncoder().encode([id])) == [id])
    }
  }

  @Test func ordersAsItsBytesDo() throws {
    var random = SeededRandom(seed: 16)
    for _ in 0..<500 {
      var left = random.bytes(32)
      let right = random.below(2) == 0 ? random.bytes(32) : left
      if random.below(2) == 0 { left[random.below(32)] &+= 1 }
      let (first, second) = (try #require(ChunkID(bytes: left)), try #require(ChunkID(bytes: right)))
      #expect((first < second) == left.lexicographicallyPrecedes(right))
      #expect((first == second) == (left == right))
    }
  }

  @Test(arguments: [0, 31, 33])
  func refusesAnotherNumberOfBytes(count: Int) {
    #expect(ChunkID(bytes: [UInt8](repeating: 0, count: count)) == nil)
    #expect(ChunkID(parsing: String(repeating: "0", count: 2 * count)) == nil)
  }

  @Test(arguments: ["G", "A", " ", "-"]) func refusesOtherDigits(digit: String) {
    #expect(ChunkID(parsing: String(repeating: "0", count: 63) + digit) == nil)
  }
}

@Suite struct JSONFormTests {
  private struct Everything: Codable, Equatable {
    var point: RecoveryPointID
    var source: SourceID
    var time: Timestamp
    var size: ByteCount
  }

  @Test func roundTripsAsPlainValues() throws {
    let value = Everything(
      point: try #require(RecoveryPointID(parsing: "20261122T050000Z_2")),
      source: try #require(SourceID(parsing: "tree/nfs/immich")), time: Timestamp(seconds: 1_795_323_600),
      size: ByteCount(17))
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let text = String(decoding: try encoder.encode(value), as: UTF8.self)
    #expect(
      text
        == #"{"point":"20261122T050000Z_2","size":17,"source":"tree/nfs/immich","time":"2026-11-22T05:00:00Z"}"#)
    #expect(try JSONDecoder().decode(Everything.self, from: Data(text.utf8)) == value)
  }

  @Test(arguments: [
    #"{"point":"x","size":17,"source":"tree/a","time":"2026-11-22T05:00:00Z"}"#,
    #"{"point":"20261122T050000Z","size":"17","source":"tree/a","time":"2026-11-22T05:00:00Z"}"#,
    #"{"point":"20261122T050000Z","size":17,"source":"tree/..","time":"2026-11-22T05:00:00Z"}"#,
    #"{"point":"20261122T050000Z","size":17,"source":"tree/a","time":"2026-11-22"}"#,
  ])
  func refusesAnInvalidValue(text: String) {
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(Everything.self, from: Data(text.utf8)) }
  }
}

@Suite struct NearestNameTests {
  @Test(arguments: [
    ("archiv", "archive"), ("arhcive", "archive"), ("VERIFY", "verify"), ("dril", "drill"), ("verfiy", "verify"),
  ])
  func findsWhatWasMeant(word: String, meant: String) {
    #expect(nearestName(to: word, among: ["archive", "verify", "drill"]) == meant)
  }

  @Test(arguments: ["", "xyzzy", "completely-different"])
  func findsNothingIfAllAreFar(word: String) {
    #expect(nearestName(to: word, among: ["archive", "verify", "drill"]) == nil)
  }
}
