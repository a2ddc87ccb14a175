import Foundation
import Testing

@testable import BackupCommands

/// Drills of services, and services where sources are named.
@Suite struct DrillServiceTests {
  private func scene(_ objectives: String = "{rpo: 1d, rto: 1h}", _ more: String = "") async throws -> ServiceScene {
    try await ServiceScene(
      "services: [{name: photos, sources: [ssd/immich, nfs/immich], objectives: \(objectives)\(more)}]")
  }

  private func drill(_ scene: ServiceScene, _ words: String...) async -> CommandRunner.Result {
    await scene.runner.run(["drill", "--scratch", scene.directory] + words)
  }

  private func json(_ result: CommandRunner.Result) throws -> [[String: Any]] {
    try #require(try JSONSerialization.jsonObject(with: Data(result.bytes)) as? [[String: Any]])
  }

  @Test func drillsAllSourcesInTheOrderOfTheServiceAndMeasuresIt() async throws {
    let scene = try await scene()
    let result = await drill(scene, "photos")
    #expect(result.code == 0 && result.messages.isEmpty, "\(result.messages)")
    try GoldenText.expect(scene.plain(result.output), equals: "drill-service")
    try GoldenText.expect(scene.plain(await scene.runner.run("drills").output), equals: "drills-services")
    let json = await drill(scene, "photos", "--json")
    try GoldenText.expect(scene.plain(json.output), equals: "json/drill-service")
    let listed = await scene.runner.run("drills", "list", "photos", "--json")
    try GoldenText.expect(scene.plain(listed.output), equals: "json/drills-services")
    try scene.expectLiveUntouched()
  }

  @Test(arguments: [
    (
      "{rpo: 90m}",
      [
        "RPO missed by tree/ssd/immich: its data were 2h old, 1h30m is promised",
        "RPO missed by tree/nfs/immich: its data were 2h old, 1h30m is promised",
      ]
    ),
    ("{rpo: 2h, rto: 1s}", []),
  ]) func endsWithTheCodeOfAMissedObjective(objectives: String, missed: [String]) async throws {
    let scene = try await scene(objectives)
    let result = await drill(scene, "photos", "--quiet")
    #expect(result.code == (missed.isEmpty ? 0 : 40))
    #expect(result.messages == missed.map { "warning: photos: \($0)\n" }.joined())
    #expect(await drill(scene, "nfs/immich").code == 0, "a source alone is no service")
    #expect(await scene.runner.run("drills").lines.contains { $0.contains(missed.isEmpty ? ": met" : ": missed") })
  }

  @Test func missesThePromiseWhereASourceHasNoPoint() async throws {
    let scene = try await ServiceScene(
      """
      streams: [{name: immich, command: [echo, x]}]
      services: [{name: photos, sources: [stream/immich, nfs/immich], objectives: {rpo: 1d}}]
      """)
    let result = await drill(scene, "photos", "--json")
    #expect(result.code == 40)
    #expect(result.messages.contains("note: stream/immich has no point yet\n"))
    #expect(result.messages.contains("RPO missed by stream/immich: it has no point, 1d is promised\n"))
    let service = try #require(try json(result).last)
    #expect(service["service"] as? String == "photos" && service["rpo"] as? String == "missed")
    #expect(service["drilledCount"] as? Int == 1 && service["result"] as? String == "incomplete")
  }

  @Test func damageIsWorseThanAMissedObjective() async throws {
    let scene = try await scene("{rpo: 1m}")
    let packs = "\(scene.directory)/repository/sources/tree/nfs/immich/packs"
    let pack = try #require(try FileManager.default.contentsOfDirectory(atPath: packs).first)
    try RepositoryScene.damage("\(packs)/\(pack)", at: 40..<80)
    let result = await drill(scene, "photos")
    #expect(result.code == 20 && result.messages.contains("RPO missed"))
    #expect(result.lines.last?.hasPrefix("photos ") == true && result.lines.last?.hasSuffix(" damaged") == true)
  }

  @Test func aProbeThatCouldNotLookIsNoPassAnywhere() async throws {
    let scene = try await scene("{rpo: 1d}", ", probes: [{command: [no-such-program]}]")
    let result = await drill(scene, "photos")
    #expect(result.code == 31)
    #expect(result.lines.last?.hasSuffix(" incomplete") == true, "\(result.output)")
    let listed = await scene.runner.run("drills", "--verbose")
    #expect(listed.lines.filter { $0.hasPrefix("tree/nfs/immich ") && $0.contains(" incomplete ") }.count == 1)
    #expect(listed.lines.contains { $0.hasPrefix("not looked at: tree/nfs/immich@") && $0.contains("no-such-program") })
    let status = await scene.runner.run("status")
    #expect(status.code == 3, "\(status.output)")
    #expect(status.output.contains("tree/nfs/immich: not all of what the last drill restored could be looked at"))
    #expect(await scene.runner.run("services", "show", "photos").output.contains(" incomplete "))
    let plan = await scene.runner.run("restore", "nfs/immich", "--in-place", "--plan")
    #expect(plan.output.contains(" ago, but not all of it could be looked at"), "\(plan.output)")
    #expect(await drill(scene, "photos", "--probe", "dump").code == 0, "the command line counts more than the service")
    #expect(await scene.runner.run("status").code == 0)
  }

  @Test func refusesToDrillAServiceInPart() async throws {
    let scene = try await scene()
    let result = await drill(scene, "photos", "--count", "1")
    #expect(result.code == 64 && result.output.isEmpty)
    #expect(
      result.messages == """
        error: cannot drill 1 sources of the service photos: it is drilled as a whole
        hint: leave out --count, or name sources: ssd/immich nfs/immich

        """)
  }

  @Test func takesServicesThatTheNamesOfSourcesMake() async throws {
    let scene = try await ServiceScene()
    let result = await drill(scene, "service/immich", "nfs/vaultwarden-backup")
    #expect(result.code == 0, "\(result.messages)")
    let names = result.lines.compactMap { $0.split(separator: " ").first.map(String.init) }
    #expect(
      names == ["SOURCE", "tree/nfs/immich", "tree/ssd/immich", "tree/nfs/vaultwarden-backup", "SERVICE", "immich"])
  }

  // MARK: - Where sources are named

  @Test func pointsTakesAServiceAndTheBeginningOfNames() async throws {
    let scene = try await ServiceScene()
    let service = await scene.runner.run("points", "immich")
    #expect(service.code == 0, "\(service.messages)")
    #expect(service.lines.filter { !$0.hasPrefix("2026") && !$0.hasPrefix("POINT") } == ["nfs/immich", "ssd/immich"])
    #expect(service.lines.filter { $0.hasPrefix("20261122T050000Z ") }.count == 2)
    let below = try json(await scene.runner.run("points", "nfs", "--json"))
    #expect(
      below.map { $0["source"] as? String }
        == ["tree/nfs/_files", "tree/nfs/immich", "tree/nfs/vaultwarden-backup"],
      "the service nfs would be _files alone")
    #expect(await scene.runner.run("points", "service/nfs", "--json").output.contains("_files"))
    #expect(await scene.runner.run("points", "service/nfs").lines.first?.hasPrefix("POINT ") == true)
  }

  @Test(arguments: ["check", "verify"]) func readsTheSourcesOfAService(command: String) async throws {
    let scene = try await ServiceScene()
    func sources(_ name: String) async throws -> [String] {
      let result = await scene.runner.run(command, name, "--json")
      #expect(result.code == 0, "\(result.messages)")
      let read = try JSONSerialization.jsonObject(with: Data(result.bytes))
      if let check = read as? [String: Any] { return check["sources"] as? [String] ?? [] }
      return (read as? [[String: Any]] ?? []).compactMap { $0["source"] as? String }
    }
    #expect(try await sources("immich") == ["tree/nfs/immich", "tree/ssd/immich"])
    #expect(try await sources("vaultwarden") == ["tree/nfs/vaultwarden-backup"])
    #expect(try await sources("nfs").count == 3)
    #expect(try await sources("service/nfs") == ["tree/nfs/_files"])
  }

  @Test(arguments: [["check"], ["verify"], ["points"], ["drill"], ["drills", "list"]]) func namesTheNearest(
    command: [String]
  ) async throws {
    let scene = try await ServiceScene()
    let result = await scene.runner.run(command + ["vaultwardn"])
    #expect(result.code == 1 && result.output.isEmpty)
    #expect(
      scene.plain(result.messages)
        == "error: cannot find the source or service vaultwardn in DIR/repository\nhint: did you mean `vaultwarden`?\n")
  }

  @Test func saysThatNothingOfAServiceIsThereYet() async throws {
    let scene = try await ServiceScene("streams: [{name: dump, command: [echo, x]}]")
    let result = await scene.runner.run("verify", "dump")
    #expect(result.code == 1)
    #expect(
      result.messages == """
        error: cannot find a point of the service dump: it has none yet
        hint: make one with `backupctl archive`

        """)
  }
}
