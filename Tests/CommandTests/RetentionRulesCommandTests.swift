import Foundation
import Testing

@testable import BackupCommands

/// Rules of the configuration, as a person sees them: `config show --effective`, `forget` without rules, `retention simulate`.
@Suite struct RetentionRulesCommandTests {
  private static let rules = """
    retention:
      keep: {daily: 2}
      services:
        immich: {keep: {last: 3, within-daily: 2d}}
      sources:
        - {match: "ssd/*", keep: {last: 1}}
    """

  /// Four points of four days.
  private func scene(_ more: String = rules) async throws -> ServiceScene {
    let scene = try await ServiceScene(more)
    for day in 1..<4 {
      scene.runner.clock.advance(seconds: 86_400)
      try TestTree(scene.directory).file("nfs/immich/new", "photo \(day)")
      let archived = await scene.runner.run("archive", "nfs", "ssd")
      try #require(archived.code == 0, "\(archived.messages)")
    }
    return scene
  }

  private func points(_ scene: ServiceScene, _ name: String) async -> Int {
    await scene.runner.run("points", name).lines.count - 1
  }

  @Test func showsWhichRulesApplyToEachSourceAndFromWhere() async throws {
    let scene = try await ServiceScene(Self.rules)
    let shown = await scene.runner.run("config", "show", "--effective")
    #expect(shown.code == 0 && shown.messages.isEmpty, "\(shown.messages)")
    try GoldenText.expect(scene.plain(shown.output), equals: "config-show-effective")
    let json = await scene.runner.run("config", "show", "--effective", "--json")
    try GoldenText.expect(scene.plain(json.output), equals: "json/config-show-effective")
    let whole = await scene.runner.run("config", "show", "--json")
    #expect(whole.output.contains(#""within-daily" : "2d""#))
  }

  @Test func aSourceWithoutRulesKeepsEverything() async throws {
    let scene = try await scene("retention: {sources: [{match: nfs/immich, keep: {last: 1}}]}")
    let shown = await scene.runner.run("config", "show", "--effective")
    #expect(shown.lines.contains { $0.hasPrefix("tree/ssd/immich ") && $0.contains(" everything ") }, "\(shown.output)")
    let forgotten = await scene.runner.run("forget", "--yes", "--allow-many")
    #expect(forgotten.code == 0, "\(forgotten.messages)")
    #expect(
      forgotten.messages.contains(
        "note: the configuration has no rules for tree/ssd/immich, so nothing of it is forgotten\n"))
    #expect(await points(scene, "tree/nfs/immich") == 1)
    #expect(await points(scene, "tree/ssd/immich") == 4)
  }

  @Test func forgetsByTheRulesOfTheConfigurationAndSaysWhose() async throws {
    let scene = try await scene()
    let plan = await scene.runner.run("forget", "--dry-run")
    #expect(plan.code == 0, "\(plan.messages)")
    try GoldenText.expect(scene.plain(plan.output + plan.messages), equals: "forget-by-configuration")
    let json = await scene.runner.run("forget", "nfs/immich", "--dry-run", "--json")
    #expect(json.output.contains(#""keep" : "last=3,within-daily=2d""#))
    #expect(scene.plain(json.output).contains(#""keepFrom" : "service immich, DIR/config.yaml:"#))
    let asked = await scene.runner.run("forget", "nfs/immich")
    #expect(
      asked.code == 64 && asked.messages.contains("type `backupctl forget nfs/immich --yes`"), "\(asked.messages)")
    #expect(await scene.runner.run("forget", "nfs/immich", "--yes").code == 0)
    #expect(await points(scene, "tree/nfs/immich") == 3)
    // What is typed goes before what is configured, and a named point needs no rules.
    #expect(await scene.runner.run("forget", "nfs/immich", "--keep", "last=2", "--yes").code == 0)
    #expect(await points(scene, "tree/nfs/immich") == 2)
    #expect(await scene.runner.run("forget", "nfs/immich@2026-11-24", "--yes").code == 0)
    #expect(await points(scene, "tree/nfs/immich") == 1)
    let mixed = await scene.runner.run("forget", "ssd", "nfs/immich@latest", "--yes")
    #expect(mixed.code == 64 && mixed.messages.contains("cannot forget ssd: neither rules nor a point are given"))
  }

  @Test func doesNothingWhileSomeRulesApplyToNothing() async throws {
    let scene = try await scene(
      """
      retention:
        keep: {last: 3}
        services: {imich: {keep: {daily: 99}}}
        sources: [{match: nfs/wiki, keep: {daily: 99}}]
      """)
    let refused = await scene.runner.run("forget", "--yes")
    #expect(refused.code == 64 && refused.output.isEmpty)
    try GoldenText.expect(scene.plain(refused.messages), equals: "errors/forget-rules-of-nothing")
    #expect(await points(scene, "tree/nfs/immich") == 4)
    let shown = await scene.runner.run("config", "show", "--effective")
    #expect(shown.code == 3 && shown.messages.split(separator: "\n").count(where: { $0.hasPrefix("warning: ") }) == 2)
    let checked = await scene.runner.run("config", "check")
    #expect(checked.code == 0 && checked.messages.split(separator: "\n").count(where: { $0.hasPrefix("note: ") }) == 2)
    // What is typed doesn't depend on the configuration.
    #expect(await scene.runner.run("forget", "--keep", "last=3", "--yes").code == 0)
  }

  @Test func simulatesWhatRulesWouldHoldByThePast() async throws {
    let scene = try await scene()
    let before = try RepositoryScene.listing(of: "\(scene.directory)/repository")
    let shown = await scene.runner.run(
      "retention", "simulate", "nfs/immich", "--keep", "daily=7,weekly=4", "--over", "60d")
    #expect(shown.code == 0, "\(shown.messages)")
    let text = shown.output.replacing(/[ ]+\d+(\.\d+)? [KM]?i?B/, with: "  SIZE")
    try GoldenText.expect(scene.plain(text + shown.messages), equals: "retention-simulate")
    let json = await scene.runner.run("retention", "simulate", "--over", "2d", "--json")
    #expect(json.code == 0, "\(json.messages)")
    let document = try #require(try JSONSerialization.jsonObject(with: Data(json.bytes)) as? [String: Any])
    #expect(document["step"] as? String == "days" && (document["total"] as? [Any])?.count == 3)
    let sources = try #require(document["sources"] as? [[String: Any]])
    #expect(sources.map { $0["keep"] as? String }.contains("last=3,within-daily=2d"))
    let basis = try #require(sources.first?["basis"] as? [String: Any])
    #expect(basis["points"] as? Int == 4 && basis["medianIntervalSeconds"] as? Int == 86_400)
    #expect(try RepositoryScene.listing(of: "\(scene.directory)/repository") == before)
  }

  @Test func saysThatOnePointIsTooLittleToSimulate() async throws {
    let scene = try await ServiceScene(Self.rules)
    let result = await scene.runner.run("retention", "simulate", "ssd/immich")
    #expect(result.code == 1 && result.output.isEmpty)
    #expect(
      result.messages.hasPrefix(
        "note: tree/ssd/immich has 1 good point: too little history, left out\n"
          + "error: cannot simulate: of no source it is known"), "\(result.messages)")
  }

  @Test func namesTheLineOfAMistake() async throws {
    let scene = try await ServiceScene()
    let path = "\(scene.directory)/config.yaml"
    let text = try scene.text(path) + "\nretention:\n  keep: {wekly: 4}\n"
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    for command in [["config", "check"], ["forget", "--yes"], ["retention", "simulate"]] {
      let result = await scene.runner.run(command)
      #expect(result.code == 64)
      #expect(
        scene.plain(result.messages).hasPrefix(
          "error: cannot read DIR/config.yaml:7: unknown key `wekly` in `keep`; did you mean `weekly`?"),
        "\(result.messages)")
    }
  }
}
