import BackupModel
import Testing

@testable import BackupPolicy

@Suite struct JobHooksTests {
  private func hooks(_ mapping: String) throws -> JobDeclaration.Hooks {
    let text = "jobs:\n  a: {kind: archive, hooks: \(mapping)}"
    return try #require(try Schedule.parse(text: text, file: "s.yaml", kinds: knownKinds).jobs.first).hooks
  }

  @Test(
    arguments: [
      ("{}", JobDeclaration.Hooks()), ("{before: [sync]}", .init(before: [["sync"]])),
      ("{before: [fsfreeze, -f, /srv]}", .init(before: [["fsfreeze", "-f", "/srv"]])),
      ("{after: [[a, 1], [b]]}", .init(after: [["a", "1"], ["b"]])),
      ("{before: [[a]], after: [b], finally: [c]}", .init(before: [["a"]], after: [["b"]], finally: [["c"]])),
      ("{finally: [a], timeout: 90s}", .init(finally: [["a"]], timeLimit: .seconds(90))),
    ] as [(String, JobDeclaration.Hooks)])
  func readsCommandsAndTheirTimeLimit(_ mapping: String, _ expected: JobDeclaration.Hooks) throws {
    #expect(try hooks(mapping) == expected)
    #expect(expected.isEmpty == (mapping == "{}"))
  }

  @Test func givesEachCommandFiveMinutesUnlessSaidOtherwise() throws {
    #expect(try hooks("{before: [a]}").timeLimit == .seconds(300))
  }

  @Test(arguments: [
    ("{before: systemctl stop a}", "`before` is `systemctl stop a`, expected a list of texts: no shell is between"),
    ("{before: [[a], b]}", "item 2 of `before` is `b`, expected a list of texts: no shell is between"),
    ("{before: [a, [b]]}", "item 2 of `before` is a list of 1 item, expected text"),
    ("{before: []}", "`before` is a list of 0 items, expected a list of texts"),
    ("{before: [[]]}", "item 1 of `before` is a list of 0 items, expected a list of texts"),
    ("{before: [\"\"]}", "item 1 of `before` is the text \"\", expected a program"),
    ("{finally: {a: b}}", "`finally` is a mapping, expected a list of texts"),
    ("{timeout: 2d}", "from 1s to 1d"), ("{befor: [a]}", "unknown key `befor` in `hooks`; did you mean `before`?"),
    ("[a]", "`hooks` is a list of 1 item, expected a mapping"),
  ])
  func refusesAMistakeNamingIt(_ mapping: String, _ part: String) throws {
    let error = try #require(throws: PolicyError.self) { try hooks(mapping) }
    #expect(error.message.hasPrefix("cannot read s.yaml:2: "))
    #expect(error.message.contains(part), "\(error.message)")
  }
}
