import Testing

@testable import BackupPolicy

@Suite struct ProbeDeclarationTests {
  /// What a list of probes of a job declares.
  private func probes(_ list: String) throws -> [ProbeDeclaration] {
    let schedule = try Schedule.parse(
      text: "jobs:\n  drill: {kind: drill, sources: \"*\", probes: \(list)}", file: "s.yaml", kinds: knownKinds)
    return try ProbeDeclaration.list(try schedule.jobs[0].specification.required("probes"))
  }

  @Test func takesNamesWithTheDocumentedDefaults() throws {
    #expect(try probes("[sqlite, dump, file-system]") == ProbeDeclaration.defaults)
    #expect(try probes("[postgres]") == [ProbeDeclaration(.postgres(programs: "/usr/lib/postgresql"))])
    #expect(try probes("[]").isEmpty)
    #expect(ProbeDeclaration.defaultTimeLimit == .seconds(30 * 60))
    #expect(ProbeDeclaration.plainNames == ["sqlite", "dump", "postgres", "file-system"])
  }

  @Test func takesValues() throws {
    #expect(
      try probes("[{sqlite: {timeout: 1h}}, {dump: {unchanged-for: never}}, {postgres: {programs: /opt/pg}}]") == [
        ProbeDeclaration(.sqlite, timeLimit: .seconds(3600)), ProbeDeclaration(.dump(unchangedFor: nil)),
        ProbeDeclaration(.postgres(programs: "/opt/pg")),
      ])
    #expect(
      try probes("[{dump: {unchanged-for: 30d}}]") == [ProbeDeclaration(.dump(unchangedFor: .seconds(30 * 86_400)))])
  }

  @Test func takesSeveralCommandsWithAndWithoutALimit() throws {
    #expect(
      try probes("[{command: [check, -q]}, {command: {run: [other], timeout: 5s}}]") == [
        ProbeDeclaration(.command(["check", "-q"])), ProbeDeclaration(.command(["other"]), timeLimit: .seconds(5)),
      ])
  }

  @Test func takesTheListOfTheDocumentation() throws {
    let page = try RepositoryFiles.text("docs/configuration.md")
    let list = "[sqlite, {dump: {unchanged-for: 30d}}, {command: [/usr/local/bin/check-wiki]}]"
    #expect(page.contains("`\(list)`"))
    #expect(try probes(list).map(\.name) == ["sqlite", "dump", "command"])
  }

  @Test func takesTheScheduleOfThePageOnDrills() throws {
    let page = try RepositoryFiles.text("docs/drills.md")
    let block = try #require(page.split(separator: "```yaml full-schedule\n").last?.split(separator: "```").first)
    let schedule = try Schedule.parse(text: String(block), file: "docs/drills.md", kinds: knownKinds)
    let probes = try ProbeDeclaration.list(try schedule.jobs[0].specification.required("probes"))
    #expect(probes.map(\.name) == ["sqlite", "file-system", "dump", "postgres"])
  }

  @Test(arguments: [
    ("sqlite", "`probes` is `sqlite`, expected a list"),
    ("[sqlit]", "did you mean `sqlite`?"),
    ("[sqlite, {sqlite: {timeout: 1h}}]", "the probe `sqlite` is named twice"),
    ("[command]", "the probe `command` has no command"),
    ("[{mysql: {}}]", "there is no probe `mysql`"),
    ("[{sqlite: {}, dump: {}}]", "expected one probe, such as `sqlite`"),
    ("[{sqlite: {unchanged-for: 1d}}]", "unknown key `unchanged-for` in the probe `sqlite`"),
    ("[{dump: {unchanged-for: 1h}}]", "`unchanged-for` is `1h`, expected a length of time"),
    ("[{dump: {unchanged-for: }}]", "`unchanged-for` is nothing"),
    ("[{postgres: {programs: bin}}]", "`programs` is `bin`, expected an absolute path"),
    ("[{command: check -q}]", "no shell is between"),
    ("[{command: {timeout: 1h}}]", "the probe `command` has no `run`"),
    ("[{command: []}]", "expected a list of texts"),
    ("[{sqlite: {timeout: 0s}}]", "`timeout` is `0s`, expected a length of time"),
    ("[[sqlite]]", "is a list of 1 item"),
  ])
  func refusesAMistakeNamingIt(_ list: String, _ part: String) throws {
    let error = try #require(throws: PolicyError.self) { try probes(list) }
    #expect(error.message.hasPrefix("cannot read s.yaml:2: "))
    #expect(error.message.contains(part), "\(error.message)")
  }
}
