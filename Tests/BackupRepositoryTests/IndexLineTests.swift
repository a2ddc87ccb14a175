import BackupModel
import HostSystem
import TestSupport
import Testing

@testable import BackupRepository

@Suite struct IndexLineTests {
  /// Reads the lines of one entry.
  private func parse(_ lines: [UInt8]) throws -> IndexEntry {
    var entry: IndexEntry?
    for line in lines.dropLast().split(separator: 0x0A, omittingEmptySubsequences: false) {
      let head = try IndexLineParser.head(of: line)
      if head.isContinuation {
        let (offset, extents) = try IndexLineParser.continuation(of: line)
        #expect(offset == entry?.extents.reduce(0) { $0 + $1.length })
        #expect(head.path == entry?.path)
        entry?.extents += extents
      } else {
        #expect(entry == nil)
        entry = try IndexLineParser.entry(of: line)
      }
    }
    return try #require(entry)
  }

  @Test func parsesWhatItPrintsForRandomEntries() throws {
    var random = SeededRandom(seed: 61)
    for _ in 0..<600 {
      let entry = IndexSample.random(&random)
      let lines = IndexSample.lines([entry])
      let parsed = try parse(lines)
      #expect(parsed == entry)
      #expect(IndexSample.lines([parsed]) == lines)
      try IndexLineParser.validate(parsed)
    }
  }

  @Test func printsTheFieldsOfTheFormat() {
    var entry = IndexSample.entry("a/b\t\\c", size: 5, extents: [Extent(length: 5, chunk: IndexSample.chunk(0))])
    entry.modified = Timestamp(seconds: -2, nanoseconds: 500_000_000)
    entry.permissions = 0o4755
    entry.isRecent = true
    entry.attributes = [ExtendedAttribute(name: Array("user.x:y".utf8), value: [1, 2, 3, 4])]
    let id = IndexSample.chunk(0).description
    #expect(
      String(decoding: IndexSample.lines([entry]), as: UTF8.self)
        == "a/b\\x09\\x5cc\tf\t4755\t1000\t1000\tme\tus\t-2.500000000\t1795323601.000000000\t1\t5\t5:\(id)"
        + "\trecent=1\tx=user.x\\x3ay:AQIDBA==\n")
  }

  @Test func putsExtentsPast64IntoContinuationLines() {
    let lines = IndexSample.lines([IndexSample.largeFile("f", extents: 200)])
      .split(separator: 0x0A)
    #expect(lines.count == 4)
    #expect(lines.dropFirst().allSatisfy { $0.starts(with: "f\t+\t".utf8) })
  }

  private static let valid = "a\tf\t644\t0\t0\t\t\t0.000000000\t0.000000000\t1\t0\t"

  @Test(arguments: [
    "", "a", "a\t", "\tf\t644", "..\tf\t644\t0\t0\t\t\t0.000000000\t0.000000000\t1\t0\t",
    "a/../b\tf\t644\t0\t0\t\t\t0.000000000\t0.000000000\t1\t0\t",
    "/etc\tf\t644\t0\t0\t\t\t0.000000000\t0.000000000\t1\t0\t",
    "a//b\tf\t644\t0\t0\t\t\t0.000000000\t0.000000000\t1\t0\t",
    "a\\x0\tf\t644\t0\t0\t\t\t0.000000000\t0.000000000\t1\t0\t",
    "a\\x00b\tf\t644\t0\t0\t\t\t0.000000000\t0.000000000\t1\t0\t",
    "a\tq\t644\t0\t0\t\t\t0.000000000\t0.000000000\t1\t0\t",
    "a\tf\t849\t0\t0\t\t\t0.000000000\t0.000000000\t1\t0\t", "a\tf\t-1\t0\t0\t\t\t0.000000000\t0.000000000\t1\t0\t",
    "a\tf\t644\t4294967296\t0\t\t\t0.000000000\t0.000000000\t1\t0\t",
    "a\tf\t644\t0\t0\t\t\t0.0\t0.000000000\t1\t0\t", "a\tf\t644\t0\t0\t\t\t0.000000000\tx\t1\t0\t",
    "a\tf\t644\t0\t0\t\t\t0.000000000\t0.000000000\t18446744073709551616\t0\t",
    "a\tf\t644\t0\t0\t\t\t0.000000000\t0.000000000\t1\t9223372036854775808\t",
    "a\tf\t644\t0\t0\t\t\t0.000000000\t0.000000000\t1\t5\t5:zz",
    "a\tf\t644\t0\t0\t\t\t0.000000000\t0.000000000\t1\t0\t0:-",
    "a\tf\t644\t0\t0\t\t\t0.000000000\t0.000000000\t1\t5\t5", "a\tf\t644\t0\t0\t\t\t0.000000000\t0.000000000\t1\t5\t,",
    "a\tc\t644\t0\t0\t\t\t0.000000000\t0.000000000\t1\t5\t",
    "a\tc\t644\t0\t0\t\t\t0.000000000\t0.000000000\t1\t5:6:7\t",
    valid + "\tx=novalue", valid + "\tx=a:???", valid + "\tx=:AAAA", valid + "\th=../a", valid + "\th=/a",
    valid + "\tt=",
    valid + "\tnoequals",
  ])
  func refusesAnInvalidLine(text: String) {
    let error = #expect(throws: RepositoryError.self) {
      _ = try IndexLineParser.head(of: Array(text.utf8)[...])
      _ = try IndexLineParser.entry(of: Array(text.utf8)[...])
    }
    #expect(error?.code == .damaged)
  }

  @Test func acceptsAnAttributeOfANewerWriter() throws {
    let entry = try IndexLineParser.entry(of: Array((Self.valid + "\tzz=what").utf8)[...])
    #expect(entry.path == Array("a".utf8))
  }

  @Test func refusesExtentsThatDoNotAddUp() throws {
    let short = IndexSample.entry("f", size: 10, extents: [Extent(length: 9, chunk: nil)])
    let overflowing = IndexSample.entry(
      "f", size: 0, extents: [Extent(length: .max, chunk: nil), Extent(length: .max, chunk: nil)])
    let directory = IndexSample.entry("d", kind: .directory, extents: [Extent(length: 1, chunk: nil)])
    let link = IndexSample.entry("l", kind: .symbolicLink)
    for entry in [short, overflowing, directory, link] {
      #expect(throws: RepositoryError.self) { try IndexLineParser.validate(entry) }
    }
  }
}

@Suite struct IndexPathTests {
  /// What the format says: component by component as bytes, the root first.
  private func componentsPrecede(_ left: PathBytes, _ right: PathBytes) -> Bool {
    if isRootPath(left[...]) || isRootPath(right[...]) { return isRootPath(left[...]) && !isRootPath(right[...]) }
    let (first, second) = (left.split(separator: 0x2F), right.split(separator: 0x2F))
    for (one, other) in zip(first, second) where one != other { return one.lexicographicallyPrecedes(other) }
    return first.count < second.count
  }

  @Test func ordersPathsComponentByComponent() {
    var random = SeededRandom(seed: 62)
    let alphabet: [UInt8] = [0x01, 0x2E, 0x2D, 0x2F, 0x30, 0x61, 0xFF]
    func path() -> PathBytes {
      if random.below(20) == 0 { return [0x2E] }
      return [0x61] + (0..<random.below(6)).map { _ in alphabet[random.below(alphabet.count)] } + [0x62]
    }
    for _ in 0..<3000 {
      let (left, right) = (path(), path())
      guard isSafeIndexPath(left), isSafeIndexPath(right) else { continue }
      #expect((comparePaths(left[...], right[...]) < 0) == componentsPrecede(left, right), "\(left) \(right)")
      #expect((comparePaths(left[...], right[...]) == 0) == (left == right))
    }
  }

  @Test func unescapesWhatItEscapedForAnyBytes() {
    var random = SeededRandom(seed: 63)
    for _ in 0..<3000 {
      let bytes = random.bytes(random.below(30))
      var field: [UInt8] = []
      appendEscaped(bytes[...], alsoColon: random.below(2) == 0, to: &field)
      #expect(unescaped(field[...]) == bytes)
      #expect(!field.contains { $0 < 0x20 || $0 == 0x7F })
    }
  }

  @Test func decodesBase64ThatItEncoded() {
    var random = SeededRandom(seed: 64)
    for count in 0..<200 {
      let bytes = random.bytes(count)
      #expect(Base64.decode(Base64.encode(bytes)[...]) == bytes)
    }
  }

  @Test(arguments: ["A", "AA", "AAA", "A===", "====", "AA=A", "AAA=AAAA", "A-_A", "AAAA\n", "AA=="])
  func decodesOnlyWholeGroups(text: String) {
    #expect((Base64.decode(Array(text.utf8)[...]) != nil) == (text == "AA=="))
  }
}
