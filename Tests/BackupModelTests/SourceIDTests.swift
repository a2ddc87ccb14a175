import BackupModel
import TestSupport
import Testing

@Suite struct SourceIDTests {
  @Test(arguments: [
    "etc", "nfs/immich", "a.b_c-d+e@f:g", "%20", "nfs/immich/.hidden", "..a", String(repeating: "x", count: 200),
    "points.old", "nfs/lock2",
  ])
  func acceptsAValidName(name: String) throws {
    let id = try #require(SourceID(kind: .tree, name: name))
    #expect(id.name == name)
    #expect(SourceID(parsing: id.description) == id)
  }

  @Test(arguments: [
    "", "/", "a/", "/a", "a//b", ".", "..", "a/..", "a/./b", "a b", "ä", "a\tb", "a\u{0}", "points", "nfs/packs",
    "trash/x",
    "lock", "a/attestations.jsonl", "a\\b", "a*", String(repeating: "x", count: 201),
  ])
  func refusesAnInvalidName(name: String) { #expect(SourceID(kind: .tree, name: name) == nil) }

  @Test(arguments: ["tree", "tree/", "/etc", "Tree/etc", "disk/etc", "", "tree etc"])
  func refusesAnInvalidPrintedForm(text: String) { #expect(SourceID(parsing: text) == nil) }

  @Test func escapesReservedWordsAndStrangeBytes() {
    #expect(SourceID.escaping("points".utf8) == "%70oints")
    #expect(SourceID.escaping(".".utf8) == "%2E")
    #expect(SourceID.escaping("..".utf8) == "%2E.")
    #expect(SourceID.escaping("a b%".utf8) == "a%20b%25")
    #expect(SourceID.escaping([0xFF, 0x0A]) == "%FF%0A")
  }

  @Test func escapesAnyFileNameToAValidComponentThatNoOtherNameHas() {
    var random = SeededRandom(seed: 13)
    var seen: [String: [UInt8]] = [:]
    let reserved = SourceID.reservedComponents.map { Array($0.utf8) } + [[0x2E], [0x2E, 0x2E]]
    for round in 0..<1000 {
      let name =
        round < reserved.count
        ? reserved[round]
        : (0...random.below(6)).map { _ in random.below(2) == 0 ? UInt8(1 + random.below(255)) : UInt8(ascii: "%") }
      let text = SourceID.escaping(name)
      // A slash can't be part of a file's name, but even one would be escaped.
      #expect(SourceID(kind: .tree, name: text) != nil, "\(name)")
      #expect(seen[text] == nil || seen[text] == name, "\(name) and \(String(describing: seen[text])) are both \(text)")
      seen[text] = name
    }
  }

  @Test func ordersByKindThenName() throws {
    let ids = ["volume/a", "tree/b", "tree/a/c", "tree/a", "stream/z"].compactMap(SourceID.init(parsing:)).sorted()
    #expect(ids.map(\.description) == ["stream/z", "tree/a", "tree/a/c", "tree/b", "volume/a"])
  }
}
