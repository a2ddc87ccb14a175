import BackupModel
import Testing

@testable import BackupPolicy

@Suite struct StreamDeclarationTests {
  /// The streams of a configuration whose list of streams is this one.
  private func streams(_ list: String) throws -> [StreamDeclaration] {
    try Configuration.parse(text: "repository: {path: /r}\nstreams: \(list)", file: "c.yaml").streams
  }

  private func error(_ list: String) throws -> PolicyError {
    try #require(throws: PolicyError.self) { try streams(list) }
  }

  @Test func usesTheDocumentedDefaults() throws {
    let stream = try #require(try streams("[{name: db/all, command: [pg_dumpall]}]").first)
    #expect(stream.source == SourceID(kind: .stream, name: "db/all"))
    #expect(stream.name == "db/all")
    #expect(stream.command == ["pg_dumpall"])
    #expect(stream.file == "content")
    #expect(stream.environment.isEmpty)
    #expect(stream.maximumAge == nil)
    #expect(!stream.mayBeEmpty)
  }

  @Test func takesNumbersAndTruthValuesAsArgumentsAndVariables() throws {
    let stream = try #require(
      try streams("[{name: a, command: [x, -p, 5432, true, \"\"], environment: {_A1: 1, B: \"\"}}]").first)
    #expect(stream.command == ["x", "-p", "5432", "true", ""])
    #expect(stream.environment == ["_A1": "1", "B": ""])
  }

  @Test func takesAStreamThatIsNamedAsATree() throws {
    let text = "repository: {path: /r}\ntrees: [{name: a, path: /a}]\nstreams: [{name: a, command: [x]}]"
    #expect(try Configuration.parse(text: text, file: "c.yaml").streams.map(\.name) == ["a"])
  }

  @Test(arguments: [
    ("[{name: a, command: [x]}, {name: a, command: [y]}]", "duplicate stream name `a`, already declared on line 2"),
    ("[{name: a, command: [x]}, {name: a/b, command: [y]}]", "stream name `a/b` overlaps with `a`, declared on line 2"),
    ("[{command: [x]}]", "item 1 of `streams` has no `name`"),
    ("[{name: a b, command: [x]}]", "`name` is `a b`, expected a name"),
    ("[{name: a}]", "item 1 of `streams` has no `command`"),
    ("[{name: a, command: }]", "`command` is nothing, expected a list of texts"),
    ("[{name: a, command: {a: b}}]", "`command` is a mapping, expected a list of texts"),
    ("[{name: a, command: [\" \", x]}]", "item 1 of `command` is the text \" \", expected a program"),
    ("[{name: a, command: [[x]]}]", "item 1 of `command` is a list of 1 item, expected a program"),
    ("[{name: a, command: [x, ~]}]", "item 2 of `command` is `~`, expected text"),
    ("[{name: a, command: [x, \"a\\0\"]}]", "expected text without NUL characters"),
    ("[{name: a, command: [x], file: ..}]", "`file` is `..`, expected the name of one file"),
    ("[{name: a, command: [x], file: \"\"}]", "expected the name of one file"),
    ("[{name: a, command: [x], environment: [A]}]", "`environment` is a list of 1 item, expected a mapping"),
    ("[{name: a, command: [x], environment: {1A: x}}]", "variable name `1A` is not a name"),
    ("[{name: a, command: [x], environment: {A=B: x}}]", "variable name `A=B` is not a name"),
    ("[{name: a, command: [x], environment: {A: }}]", "`A` is nothing, expected text"),
    ("[{name: a, command: [x], may-be-empty: yes}]", "expected `true` or `false`"),
    ("[{name: a, command: [x], maximum-age: 1d, path: /a}]", "unknown key `path` in item 1 of `streams`"),
  ])
  func refusesAMistakeNamingIt(_ list: String, _ part: String) throws {
    let error = try error(list)
    #expect(error.category == .usage)
    #expect(error.message.hasPrefix("cannot read c.yaml:2: "))
    #expect(error.message.contains(part), "\(error.message)")
  }

  @Test(arguments: [
    ("pg_dump -Fc immich", "write it as a list: `[\"pg_dump\", \"-Fc\", \"immich\"]`"),
    ("\"a | b\"", "write it as a list: `[\"sh\", \"-c\", \"a | b\"]`"),
    ("\"echo \\\"$HOME\\\"\"", "write it as a list: `[\"sh\", \"-c\", \"echo \\\"$HOME\\\"\"]`"),
    ("\"\"", "write the program and its arguments as a list: `[pg_dumpall, --clean]`"),
  ])
  func explainsThatThereIsNoShellWhenACommandIsAText(_ command: String, _ hint: String) throws {
    let error = try error("[{name: a, command: \(command)}]")
    #expect(error.message.contains("no shell is between"))
    #expect(error.hint == hint)
  }

  @Test(arguments: ["pg_dump -Fc immich", "\"echo \\\"$HOME\\\"\"", "\"a\\tb\""])
  func suggestsAListThatIsACommand(_ command: String) throws {
    let hint = try #require(try error("[{name: a, command: \(command)}]").hint)
    let list = try #require(hint.split(separator: "`").dropFirst().first)
    #expect(try streams("[{name: a, command: \(list)}]").count == 1)
  }
}
