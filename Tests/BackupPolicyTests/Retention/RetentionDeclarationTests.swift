import BackupModel
import Testing

@testable import BackupPolicy

@Suite struct RetentionDeclarationTests {
  private func parse(_ retention: String) throws -> RetentionDeclaration {
    try Configuration.parse(text: "repository: {path: /r}\n\(retention)\n", file: "c.yaml").retention
  }

  @Test func rememberWhereEachRuleStands() throws {
    let retention = try parse(
      """
      retention:
        keep:
          daily: 7
        services:
          photos:
            keep: {daily: 14}
        sources:
          - match: etc
            keep: {last: 2}
      """)
    #expect(retention.keep?.location == DocumentLocation(file: "c.yaml", line: 3, column: 3))
    #expect(retention.services.first?.rules.location?.line == 7)
    #expect(retention.sources.first?.rules.location?.line == 10)
    // The same rules in another place are equal, so that what `config show` prints is equal to what was read.
    #expect(
      try parse(
        "retention: {keep: {daily: 7}, services: {photos: {keep: {daily: 14}}}, sources: [{match: etc, keep: {last: 2}}]}"
      ) == retention)
    #expect(try parse("retention: {keep: {daily: 8}}") != parse("retention: {keep: {daily: 7}}"))
  }

  @Test(arguments: [
    ("retention: {kep: {daily: 7}}", "c.yaml:2: unknown key `kep` in `retention`; did you mean `keep`?"),
    ("retention: {keep: {dialy: 7}}", "c.yaml:2: unknown key `dialy` in `keep`; did you mean `daily`?"),
    ("retention: {keep: {daily: 0}}", "c.yaml:2: `keep` keeps nothing"),
    ("retention: [daily]", "`retention` is a list of 1 item, expected a mapping"),
    (
      "retention:\n  services: {wiki: {daily: 7}}", "c.yaml:3: unknown key `daily` in the service `wiki` of `retention`"
    ),
    ("retention: {services: {wiki: {}}}", "the service `wiki` of `retention` has no `keep`"),
    ("retention: {services: [wiki]}", "`services` is a list of 1 item, expected a mapping"),
    ("retention: {services: {wiki: {keep: {last: 1}}, wiki: {keep: {last: 2}}}}", "wiki"),
    ("retention: {sources: {etc: {keep: {last: 1}}}}", "`sources` is a mapping, expected a list"),
    ("retention: {sources: [{match: etc}]}", "item 1 of `sources` has no `keep`"),
    ("retention: {sources: [{keep: {last: 1}}]}", "item 1 of `sources` has no `match`"),
    ("retention: {sources: [{match: [], keep: {last: 1}}]}", "`match` of item 1 of `sources` is empty"),
    ("retention: {sources: [{match: \" \", keep: {last: 1}}]}", "expected text that is not blank"),
    (
      "retention:\n  sources:\n    - {match: [etc, doc], keep: {last: 1}}\n    - {match: doc, keep: {last: 2}}",
      "c.yaml:5: `doc` has rules already, on line 4"
    ),
  ])
  func refusesAMistakeNamingItsLine(_ text: String, _ part: String) throws {
    let error = try #require(throws: PolicyError.self) { try parse(text) }
    #expect(error.category == .usage && error.message.hasPrefix("cannot read c.yaml:"))
    #expect(error.message.contains(part), "\(error.message)")
  }
}

/// Which rules apply to which source, and from where.
@Suite struct RetentionRulesTests {
  private static let sources = ["tree/etc", "tree/nfs/immich", "tree/nfs/wiki", "tree/nfs/scratch", "stream/wiki"]

  private func rules(
    _ retention: String, services: String = "", job: String? = nil, sources: [String] = RetentionRulesTests.sources
  ) throws -> RetentionRules {
    let configuration = try Configuration.parse(
      text: "repository: {path: /r}\n\(services)\nretention:\n\(retention)\n", file: "c.yaml")
    let ids = try sources.map { try #require(SourceID(parsing: $0)) }
    return RetentionRules(
      configuration.retention,
      directory: ServiceDirectory(configuration.services, sources: ids.map { ServiceSource($0) }), sources: ids,
      job: try job.map {
        EffectiveRules(
          try KeepRules(parsing: $0), from: .job(name: "old"), at: DocumentLocation(file: "weekly.yaml", line: 9))
      })
  }

  private func table(_ rules: RetentionRules) throws -> String {
    try Self.sources.map { text in
      let source = try #require(SourceID(parsing: text))
      return "\(text)  \(rules.rules(of: source)?.description ?? "-")"
    }.joined(separator: "\n")
  }

  private static let all = """
      keep: {daily: 7}
      services:
        wiki: {keep: {daily: 14}}
      sources:
        - {match: stream/wiki, keep: {last: 2}}
        - {match: [nfs/scratch, nfs/im*], keep: {weekly: 4}}
    """

  @Test func theMostSpecificRulesApplyAsAWhole() throws {
    let rules = try rules(Self.all)
    #expect(rules.problems.isEmpty, "\(rules.problems)")
    #expect(
      try table(rules) == """
        tree/etc  daily=7 (configuration, c.yaml:4)
        tree/nfs/immich  weekly=4 (source nfs/im*, c.yaml:9)
        tree/nfs/wiki  daily=14 (service wiki, c.yaml:6)
        tree/nfs/scratch  weekly=4 (source nfs/scratch, c.yaml:9)
        stream/wiki  last=2 (source stream/wiki, c.yaml:8)
        """)
  }

  @Test func aJobsOwnRulesTakeThePlaceOfTheConfigurationsButNotOfThoseForSourcesAndServices() throws {
    #expect(
      try table(try rules(Self.all, job: "yearly=1")) == """
        tree/etc  yearly=1 (job old, weekly.yaml:9)
        tree/nfs/immich  weekly=4 (source nfs/im*, c.yaml:9)
        tree/nfs/wiki  daily=14 (service wiki, c.yaml:6)
        tree/nfs/scratch  weekly=4 (source nfs/scratch, c.yaml:9)
        stream/wiki  last=2 (source stream/wiki, c.yaml:8)
        """)
  }

  @Test func takesTheDeclaredServiceOfASource() throws {
    let rules = try rules(
      "  services: {host: {keep: {last: 9}}}", services: "services: [{name: host, sources: [etc, nfs/scratch]}]")
    #expect(
      try table(rules) == """
        tree/etc  last=9 (service host, c.yaml:4)
        tree/nfs/immich  -
        tree/nfs/wiki  -
        tree/nfs/scratch  last=9 (service host, c.yaml:4)
        stream/wiki  -
        """)
  }

  @Test func ofTwoEntriesThatMatchTheFirstApplies() throws {
    let rules = try rules(
      "  sources:\n    - {match: nfs/immich, keep: {last: 1}}\n    - {match: \"nfs/*\", keep: {last: 2}}")
    #expect(rules.problems.isEmpty)
    #expect(try table(rules).contains("tree/nfs/immich  last=1 ") && table(rules).contains("tree/nfs/wiki  last=2 "))
  }

  @Test(arguments: [
    (
      "  services: {wikki: {keep: {last: 1}}}",
      "c.yaml:4: `retention` has rules for the service `wikki`, and there is none of that name; did you mean `wiki`?"
    ),
    (
      "  sources: [{match: nfs/imich, keep: {last: 1}}]",
      "c.yaml:4: `retention` has rules for the source `nfs/imich`, which no source matches; did you mean `nfs/immich`?"
    ),
    (
      "  sources:\n  - {match: \"nfs/*\", keep: {last: 1}}\n  - {match: nfs/wiki, keep: {last: 2}}",
      "c.yaml:6: the rules for `nfs/wiki` apply to nothing: entries before it match all that it matches"
    ),
    (
      "  services: {wiki: {keep: {last: 1}}}\n  sources: [{match: \"*wiki\", keep: {last: 2}}]",
      "c.yaml:4: the rules for the service `wiki` apply to nothing: each of its sources has rules of its own"
    ),
  ])
  func saysWhichRulesApplyToNothing(_ retention: String, _ line: String) throws {
    #expect(try rules(retention).problems.map(\.line) == [line])
  }

  @Test func withoutAnyRulesNothingApplies() throws {
    let rules = RetentionRules(RetentionDeclaration(), directory: ServiceDirectory([], sources: []), sources: [])
    #expect(rules.rules(of: try #require(SourceID(parsing: "tree/etc"))) == nil && rules.problems.isEmpty)
    #expect(EffectiveRules(try KeepRules(parsing: "last=2"), from: .commandLine).description == "last=2 (--keep)")
  }
}
