import FoundationEssentials
import Testing
import VolumeSnapshots

@Suite("LUKS identities")
struct LUKSIdentityTests {
  static let base = LUKSIdentity(
    uuid: "11111111-2222-4333-8444-555555555555",
    segment: LUKSSegment(offset: 16 << 20, sectorSize: 512, encryption: "aes-xts-plain64"),
    keyDigest: "pbkdf2 sha256 1000 salt digest")

  @Test func findsNoDifferenceFromItself() { #expect(Self.base.difference(from: Self.base) == nil) }

  @Test func differsFromABaseThatWasNotReadThroughLUKS() {
    #expect(Self.base.difference(from: nil) == "the base was not read through LUKS")
  }

  static let changes: [(String, @Sendable (inout LUKSIdentity) -> Void)] = [
    ("UUID", { $0.uuid = "other" }), ("another LUKS volume key", { $0.keyDigest += "x" }),
    ("begin at byte 512", { $0.segment.offset = 512 }), ("sector has 4096", { $0.segment.sectorSize = 4096 }),
    ("another way", { $0.segment.encryption = "aes-cbc-essiv:sha256" }),
    ("another way", { $0.segment.vectorTweak = 1 }),
    ("another way", { $0.segment.size = 4096 }),
  ]

  @Test(arguments: changes.indices)
  func namesWhatMakesUnchangedCiphertextUseless(change: Int) {
    var changed = Self.base
    Self.changes[change].1(&changed)
    #expect(changed.difference(from: Self.base)?.contains(Self.changes[change].0) == true)
  }

  @Test func survivesBeingKeptAsJSON() throws {
    var identity = Self.base
    identity.segment.vectorTweak = .max
    let data = try JSONEncoder().encode(identity)
    #expect(try JSONDecoder().decode(LUKSIdentity.self, from: data) == identity)
  }

  @Test(
    arguments: [
      (0, 0), (16 << 20, 0), ((16 << 20) + 511, 0), ((16 << 20) + 512, 512), ((16 << 20) + 1025, 1024),
    ] as [(Int64, Int64)])
  func plaintextIsWholeSectorsBehindTheHeader(volume: Int64, plaintext: Int64) {
    #expect(Self.base.segment.plaintextSize(ofVolume: volume) == plaintext)
  }

  @Test func plaintextEndsWithASegmentOfFixedSize() {
    var segment = Self.base.segment
    segment.size = 8192
    #expect(segment.plaintextSize(ofVolume: 1 << 30) == 8192)
    #expect(segment.plaintextSize(ofVolume: segment.offset + 4096) == 4096)
  }
}
