import Foundation
import Testing

@testable import BackupCommands

@Suite struct ServicesCommandTests {
  @Test func listsWhatTheNamesOfSourcesMake() async throws {
    let scene = try await ServiceScene()
    let result = await scene.runner.run("services", "list")
    #expect(result.code == 0 && result.messages.isEmpty)
    try GoldenText.expect(scene.plain(result.output), equals: "services-list")
    let json = await scene.runner.run("services", "list", "--json")
    try GoldenText.expect(scene.plain(json.output), equals: "json/services-list")
  }

  @Test func showsOneWithItsPlacesAndPromises() async throws {
    let scene = try await ServiceScene(
      """
      services:
        - {name: photos, sources: [nfs/immich, ssd/immich], order: 1, objectives: {rpo: 1d, rto: 1h}}
      """)
    let result = await scene.runner.run("services", "show", "photos")
    #expect(result.code == 0, "\(result.messages)")
    try GoldenText.expect(scene.plain(result.output), equals: "services-show")
    let json = await scene.runner.run("services", "show", "photos", "--json")
    try GoldenText.expect(scene.plain(json.output), equals: "json/services-show")
  }

  @Test func endsWithTheCodeOfAMissedObjective() async throws {
    let scene = try await ServiceScene("services: [{name: photos, sources: nfs/immich, objectives: {rpo: 1h}}]")
    let result = await scene.runner.run("services", "list")
    #expect(result.code == 40)
    #expect(result.lines.contains { $0.hasPrefix("photos ") && $0.contains(" missed ") })
  }

  @Test func saysWhatIsNotAsTheConfigurationMeansIt() async throws {
    let scene = try await ServiceScene("services: [{name: photos, sources: nfs/imich}]")
    let result = await scene.runner.run("services", "list")
    #expect(result.code == 3)
    #expect(
      result.messages == """
        warning: the service `photos` names `nfs/imich`, which no source matches; did you mean `nfs/immich`?
        warning: the service `photos` has no source

        """)
  }

  @Test func namesTheNearestOfAnUnknownService() async throws {
    let scene = try await ServiceScene()
    let result = await scene.runner.run("services", "show", "imich")
    #expect(result.code == 1 && result.output.isEmpty)
    #expect(result.messages == "error: cannot find the service imich\nhint: did you mean `immich`?\n")
  }
}
