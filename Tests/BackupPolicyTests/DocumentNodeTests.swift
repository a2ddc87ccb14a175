import BackupModel
import Testing

@testable import BackupPolicy

@Suite struct DocumentNodeTests {
  /// The value of the key `key` of a document.
  private func value(_ text: String) throws -> DocumentNode {
    try DocumentNode.parse(text: "key: \(text)", file: "f.yaml").mapping(allowing: ["key"]).required("key")
  }

  private func message(_ body: () throws -> Void) throws -> String {
    try #require(throws: PolicyError.self, performing: body).message
  }

  @Test func readsEachTypeOfValue() throws {
    #expect(try value("plain words").string() == "plain words")
    #expect(try value("\"\"").string() == "")
    #expect(try value("2024").string() == "2024")
    #expect(try value("true").bool())
    #expect(try value("false").bool() == false)
    #expect(try value("-3").int(in: -5...5) == -3)
    #expect(try value("64MiB").byteCount(in: .zero ... .gibibytes(1)) == .mebibytes(64))
    #expect(try value("\"1m30s\"").duration(in: .zero ... .seconds(100)) == .seconds(90))
    #expect(try value("0.5%").percentage() == Percentage(millionths: 5000))
    #expect(try value("one").strings() == ["one"])
    #expect(try value("[one, two]").strings() == ["one", "two"])
    #expect(try value("{b: 1, a: 2}").entries().map(\.name) == ["b", "a"])
    #expect(try value("[1, [2]]").elements().count == 2)
  }

  @Test(arguments: [
    ("", "nothing"), ("~", "`~`"), ("[a]", "a list of 1 item"), ("{a: b}", "a mapping"), ("null", "`null`"),
  ])
  func refusesAsTextWhatIsNotText(_ text: String, _ found: String) throws {
    #expect(
      try message { _ = try value(text).string() } == "cannot read f.yaml:1: `key` is \(found), expected text")
  }

  @Test(arguments: ["yes", "True", "on", "1", "\"true\"", "[true]"])
  func refusesAsTruthValueEverythingButTrueAndFalse(_ text: String) throws {
    #expect(try message { _ = try value(text).bool() }.hasSuffix("expected `true` or `false`"))
  }

  @Test(arguments: ["4", "-1", "1.5", "0x1", "+1", "\"1\"", "99999999999999999999", "one", "[1]", "1_0"])
  func refusesAsNumberWhatIsNotAWholeNumberInRange(_ text: String) throws {
    #expect(try message { _ = try value(text).int(in: 0...3) }.hasSuffix("expected a whole number from 0 to 3"))
  }

  @Test(arguments: ["3MiB", "-1", "1 MB", "MiB", "[1]", "1e3"])
  func refusesAsByteCountWhatIsNotOneInRange(_ text: String) throws {
    let message = try message { _ = try value(text).byteCount(in: .kibibytes(1) ... .mebibytes(2)) }
    #expect(message.hasSuffix("expected a number of bytes such as `64MiB`, from 1KiB to 2MiB"))
  }

  @Test func namesFileLineKeyFindingAndExpectation() throws {
    let text = "a: 1\n\nthreads:\n  many\n"
    let mapping = try DocumentNode.parse(text: text, file: "dir/c.yaml").mapping(allowing: ["a", "threads"])
    #expect(
      try message { _ = try mapping.required("threads").int(in: 1...64) }
        == "cannot read dir/c.yaml:4: `threads` is `many`, expected a whole number from 1 to 64")
    #expect(mapping["threads"]?.location == DocumentLocation(file: "dir/c.yaml", line: 4, column: 3))
  }

  @Test func refusesAnUnknownKeyNamingTheNearestValidOne() throws {
    let node = try DocumentNode.parse(text: "jobs: 1\nretantion: 2\n", file: "weekly.yaml")
    let error = try #require(throws: PolicyError.self) {
      try node.mapping(allowing: ["jobs", "retention"], as: "a schedule")
    }
    #expect(
      error.message
        == "cannot read weekly.yaml:2: unknown key `retantion` in a schedule; did you mean `retention`?")
    #expect(error.hint == "keys known here: `jobs`, `retention`")
    #expect(error.category == .usage)
  }

  @Test func namesTheMappingThatLacksARequiredKey() throws {
    let mapping = try value("{a: 1}").mapping(allowing: ["a", "b"])
    #expect(try message { _ = try mapping.required("b") } == "cannot read f.yaml:1: `key` has no `b`")
    #expect(mapping["b"] == nil)
    #expect(mapping.keys == ["a"])
  }

  @Test func takesKeysOutOfAMappingPresentOrNot() throws {
    let mapping = try value("{a: 1, b: 2}").mapping(allowing: ["a", "b", "c"]).removing(["a", "c"])
    #expect(mapping.keys == ["b"])
    #expect(mapping.allowedKeys == ["b"])
  }

  @Test(arguments: [
    ("a: &x 1\nb: *x", "f.yaml:1: `a` has an anchor"), ("a: {<<: {b: 1}}", "f.yaml:1: `a` has a merge key"),
    ("a: !!int 1", "f.yaml:1: `a` has the tag `tag:yaml.org,2002:int`"), ("a: !secret x", "has the tag `!secret`"),
    ("? [a]\n: 1", "f.yaml:1: a key of the document is not a word"), ("a: 1\na: 2", "f.yaml:1: duplicate key `a`"),
    ("a: *x", "f.yaml:1: not valid YAML: found undefined alias"), ("a:\n\tb: 1", "f.yaml:2: the line is indented with"),
    ("a: [1\nb: 2", "f.yaml:2: not valid YAML"), ("a: 1\n---\nb: 1", "f.yaml:2: not valid YAML"),
    ("a: \u{0}", "f.yaml:1: not valid YAML: control characters are not allowed"),
    ("a:\n- &x [1]\n- *x", "f.yaml:2: item 1 of `a` has an anchor"),
  ])
  func refusesWhatIsNotOneStrictDocument(_ text: String, _ part: String) throws {
    let message = try message { _ = try DocumentNode.parse(text: text, file: "f.yaml") }
    #expect(message.contains(part), "\(message)")
  }

  @Test(arguments: ["", "# nothing\n"]) func takesAnEmptyTextAsAnEmptyMapping(_ text: String) throws {
    #expect(try DocumentNode.parse(text: text, file: "f.yaml").entries().isEmpty)
  }

  @Test func refusesAMarkedDocumentWithoutContentAsAMapping() throws {
    let node = try DocumentNode.parse(text: "---\n", file: "f.yaml")
    #expect(try message { _ = try node.entries() }.hasSuffix("the document is nothing, expected a mapping"))
  }

  @Test func refusesNestingThatIsTooDeepWithoutACrash() throws {
    for depth in [70, 900, 5000] {
      let text = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
      #expect(throws: PolicyError.self) { try DocumentNode.parse(text: text, file: "f.yaml") }
    }
  }

  @Test func refusesAnExplosionOfAliasesAtItsFirstAnchor() throws {
    var text = "a0: &a0 [x, x]\n"
    for level in 1...40 { text += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
    #expect(throws: PolicyError.self) { try DocumentNode.parse(text: text, file: "f.yaml") }
  }
}
