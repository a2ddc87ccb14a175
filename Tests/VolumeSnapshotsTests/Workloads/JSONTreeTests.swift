import Testing

@testable import VolumeSnapshots

@Suite struct JSONTreeTests {
  private static func parsed(_ text: String) throws -> JSONTree { try JSONTree(parsing: Array(text.utf8)) }

  static let values: [(String, JSONTree)] = [
    ("null", nil), ("true", true), ("false", false), ("0", 0), ("1", 1), ("-1", -1), (" 7 ", 7),
    ("9223372036854775807", .whole(.max)), ("-9223372036854775808", .whole(.min)), ("0.5", 0.5), ("-2.25e3", -2250),
    ("18446744073709551616", .fraction(18_446_744_073_709_551_616)), ("\"\"", ""), ("\"1\"", "1"), ("\"true\"", "true"),
    ("\"null\"", "null"), (#""a\"b\\c\/d\n""#, "a\"b\\c/d\n"), (#""\u00e9\ud83d\ude00""#, "é😀"),
    ("\"naïve ٣ 漢\"", "naïve ٣ 漢"),
    ("[]", []), ("{}", [:]), ("[[], {}, null]", [[], [:], nil]), ("[1, \"1\", true, 1.5]", [1, "1", true, 1.5]),
    (#"{"": {"a.b/c": [{"é": null}]}}"#, ["": ["a.b/c": [["é": nil]]]]),
  ]

  @Test(arguments: values.indices)
  func readsEachValueAsWhatItIsAndWritesItSo(_ index: Int) throws {
    let (text, value) = Self.values[index]
    #expect(try Self.parsed(text) == value)
    #expect(try JSONTree(parsing: value.encoded()) == value)
  }

  @Test(
    arguments: [
      "", " ", "nul", "tru", "{", "[1", "[1 2]", "{\"a\"}", "{\"a\": }", "{a: 1}", "'a'", "\"a", "\"\\x\"", "1.", "--1",
      "1 2",
      "[] []", "\u{FEFF}", "[1e999]", "{\"kind\": \"List\", \"items\": [", "NaN", "\"\\ud800\"",
    ])
  func refusesWhatIsNoWholeDocument(_ text: String) {
    #expect(throws: (any Error).self) { try Self.parsed(text) }
  }

  @Test func refusesBytesThatAreNoText() {
    #expect(throws: (any Error).self) { try JSONTree(parsing: [0x22, 0xFF, 0x22]) }
  }

  @Test func refusesADocumentThatIsNestedWithoutEnd() {
    let deep = String(repeating: "[", count: 200_000)
    #expect(throws: (any Error).self) { try Self.parsed(deep) }
    #expect(throws: (any Error).self) { try Self.parsed(deep + String(repeating: "]", count: 200_000)) }
  }

  @Test func writesKeysInOrderAndSlashesPlainly() throws {
    let tree: JSONTree = ["b": 1, "a": ["z": "x/y", "y": nil], "c": [true, 0.5]]
    #expect(String(decoding: try tree.encoded(), as: UTF8.self) == #"{"a":{"y":null,"z":"x/y"},"b":1,"c":[true,0.5]}"#)
  }

  @Test func writesNoNumberThatJSONHasNoFormOf() {
    #expect(throws: (any Error).self) { try JSONTree.list([.fraction(.infinity)]).encoded() }
  }

  @Test func findsAValueByTheWayToIt() {
    let tree: JSONTree = ["spec": ["replicas": 3, "name": "a", "none": nil, "list": [1]]]
    #expect(tree["spec", "replicas"] == 3)
    #expect(tree["spec"]?["name"]?.text == "a")
    // A null is there, a missing key isn't.
    #expect(tree["spec", "none"] == .some(.null))
    for way in [tree["spec", "missing"], tree["missing", "name"], tree["spec", "name", "x"], tree["spec", "list", "0"]]
    {
      #expect(way == nil)
    }
    #expect(JSONTree.list([])["spec"] == nil)
  }

  @Test func givesAValueOnlyAsWhatItIs() {
    let values: [JSONTree] = [nil, true, 3, 3.5, "3", [3], ["a": 3]]
    #expect(values.map(\.text) == [nil, nil, nil, nil, "3", nil, nil])
    #expect(values.map(\.number) == [nil, nil, 3, nil, nil, nil, nil])
    #expect(values.map(\.isTrue) == [false, true, false, false, false, false, false])
    #expect(values.map(\.elements) == [[], [], [], [], [], [3], []])
    #expect(!JSONTree.text("true").isTrue && !JSONTree.whole(1).isTrue)
  }

  @Test func changesKeysOfAMappingAndNothingElse() {
    let tree: JSONTree = ["a": 1, "b": ["a": 2], "c": 3]
    #expect(tree.without("a", "c", "x") == ["b": ["a": 2]])
    #expect(tree.with("a", "new") == ["a": "new", "b": ["a": 2], "c": 3])
    #expect(tree.with("d", .null) == ["a": 1, "b": ["a": 2], "c": 3, "d": nil])
    #expect(tree.with("a", Optional<JSONTree>.none) == ["b": ["a": 2], "c": 3])
    for other in [[1], "a", nil] as [JSONTree] {
      #expect(other.without("a") == other)
      #expect(other.with("a", 1) == other)
    }
  }
}
