import BackupModel
import Testing

@testable import BackupPolicy

@Suite struct CoverageDeclarationTests {
  private func coverage(_ mapping: String) throws -> CoverageDeclaration {
    try Configuration.parse(text: "repository: {path: /r}\ncoverage: \(mapping)", file: "c.yaml").coverage
  }

  @Test func readsRootsAndExclusions() throws {
    #expect(try coverage("{}") == CoverageDeclaration(roots: ["/srv"], excluded: []))
    #expect(try coverage("{roots: []}").roots.isEmpty)
    #expect(
      try coverage("{roots: [/srv, /], exclude: [{path: /proc, reason: kernel}, {path: /srv/a/b/, reason: cache}]}")
        == CoverageDeclaration(
          roots: ["/srv", "/"],
          excluded: [.init(path: "/proc", reason: "kernel"), .init(path: "/srv/a/b", reason: "cache")]))
  }

  @Test(arguments: [
    ("{roots: srv}", "`roots` is `srv`, expected an absolute path"), ("{roots: [/a, /a/]}", "`/a` is named twice"),
    ("{exclude: [{path: /srv/a}]}", "`/srv/a` is excluded from the coverage without a `reason`"),
    ("{exclude: [{path: /srv/a, reason: \" \"}]}", "expected a reason in words"),
    ("{exclude: [{path: a, reason: b}]}", "`path` is `a`, expected an absolute path"),
    ("{exclude: [{path: /srv, reason: b}]}", "`/srv` is excluded from the coverage, but lies below none of its roots"),
    ("{exclude: [{path: /srv2/a, reason: b}]}", "lies below none of its roots"),
    ("{roots: [/], exclude: [{path: /, reason: b}]}", "lies below none of its roots"),
    ("{roots: [], exclude: [{path: /a, reason: b}]}", "lies below none of its roots"),
    ("{exclude: [{path: /srv/a, reason: b}, {path: /srv/a/, reason: c}]}", "is excluded from the coverage twice"),
    ("{exclude: [{reason: b}]}", "an exclusion of `coverage` has no `path`"),
    ("{exclude: [/srv/a]}", "item 1 of `exclude` is `/srv/a`, expected a mapping"),
    ("{excluded: []}", "unknown key `excluded` in `coverage`; did you mean `exclude`?"),
  ])
  func refusesAMistakeNamingIt(_ mapping: String, _ part: String) throws {
    let error = try #require(throws: PolicyError.self) { try coverage(mapping) }
    #expect(error.message.hasPrefix("cannot read c.yaml:2: "))
    #expect(error.message.contains(part), "\(error.message)")
  }
}
