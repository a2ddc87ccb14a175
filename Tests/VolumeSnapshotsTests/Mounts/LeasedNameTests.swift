import TestSupport
import Testing

@testable import VolumeSnapshots

@Suite("Names of mappings and mount points")
struct LeasedNameTests {
  @Test func keepsATokenThatFits() {
    #expect(LeasedName.make(token: "20261122T050000Z-3-vm_101") == "backupctl-20261122T050000Z-3-vm_101")
  }

  @Test func staysWithinWhatDeviceMapperAllowsForAnyToken() {
    var random = SeededRandom(seed: 5)
    var names: Set<String> = []
    var tokens: Set<String> = ["", "a/b", "a_b", "a b", "ä", "..", "a\0b", String(repeating: "x", count: 500)]
    for _ in 0..<500 { tokens.insert(String(decoding: random.bytes(random.below(200)), as: UTF8.self)) }
    // What a name would look like may be a token too.
    for token in Array(tokens) { tokens.insert(String(LeasedName.make(token: token).dropFirst(10))) }
    for token in tokens {
      let name = LeasedName.make(token: token)
      #expect(name.utf8.count <= 127 && name.hasPrefix("backupctl-"))
      #expect(name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "\\") })
      names.insert(name)
    }
    #expect(names.count == tokens.count)
  }
}
