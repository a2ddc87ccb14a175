import BackupModel
import BackupRepository
import Foundation
import Testing

@testable import BackupCommands

/// `usage`, as a person calls it.
@Suite struct UsageCommandTests {
  private let scene: RepositoryScene
  private let runner: CommandRunner

  /// Three points of three days, each with a large file that the others don't have, and a source of another service.
  init() async throws {
    scene = try await RepositoryScene()
    runner = scene.runner
    for day in 1..<3 {
      runner.clock.advance(seconds: 86_400)
      try scene.tree.file(Array("large".utf8), RepositoryScene.noise(300_000, seed: UInt64(10 + day)))
      try #require(await scene.archive().code == 0)
    }
    try #require(await runner.run("archive", scene.tree.path, "--as", "nfs/src").code == 0)
    try #require(await runner.run("archive", scene.tree.path, "--as", "other").code == 0)
    runner.clock.advance(seconds: 3600)
  }

  /// Indexes hold times and inodes, so that some bytes more or less are compressed each time.
  private func plain(_ result: CommandRunner.Result) -> String {
    (result.output + result.messages).replacing(/[1-9]\d*(\.\d+)? [KM]?i?B/, with: "SIZE").replacing(
      /\ {2,}/, with: "  ")
  }

  @Test func showsSourcesByServicesWithTotalsAndChangesNothing() async throws {
    let before = try scene.repositoryListing()
    let result = await runner.run("usage")
    #expect(result.code == 0, "\(result.messages)")
    try GoldenText.expect(plain(result), equals: "usage")
    let points = await runner.run("usage", "src", "--points")
    #expect(points.code == 0)
    try GoldenText.expect(plain(points), equals: "usage-points")
    #expect(try scene.repositoryListing() == before)
  }

  @Test func needsNoLock() async throws {
    let repository = try Repository.open(Array(runner.repository.utf8))
    for source in try repository.sources() {
      let lock = try repository.store(source).lock(holder: "a test")
      let result = await runner.run("usage", source.typedName)
      #expect(result.code == 0, "\(result.messages)")
      withExtendedLifetime(lock) {}
    }
  }

  @Test func printsJSONWhoseSumsAgree() async throws {
    let result = await runner.run("usage", "--points", "--json")
    #expect(result.code == 0)
    try GoldenText.expect(try RepositoryJSONShape.text(of: result.bytes), equals: "json/usage")
    let object = try JSONSerialization.jsonObject(with: Data(result.bytes))
    let totals = try #require((object as? [String: Any])?["totals"] as? [String: Int])
    func sum(_ names: String...) -> Int { names.reduce(0) { $0 + (totals[$1] ?? .min / 16) } }
    #expect(sum("diskBytes") == sum("packBytes", "trashBytes"))
    #expect(
      sum("packBytes")
        == sum(
          "tableBytes", "unreadableBytes", "newestBytes", "otherBytes", "sharedBytes", "unfinishedBytes",
          "unneededBytes"))
  }

  @Test func aDamagedPointIsNamedAndTheRestShown() async throws {
    try RepositoryScene.damage(scene.firstPointFile, at: 60..<61)
    let result = await runner.run("usage")
    #expect(result.code == 3)
    #expect(result.messages.contains("warning: src: what the point \(RepositoryScene.firstPoint) needs isn't known"))
    #expect(result.messages.contains("hint: run `backupctl check src`"))
    #expect(result.lines.count == 6, "\(result.output)")
    let points = await runner.run("usage", "src", "--points")
    #expect(points.code == 3)
    #expect(points.lines.count == 4 && points.lines[1].hasSuffix("-        -        -"), "\(points.output)")
  }

  @Test func saysThatThereIsNothingOrNoSuchSource() async throws {
    let unknown = await runner.run("usage", "srk")
    #expect(unknown.code == 1)
    #expect(unknown.messages.contains("did you mean `src`?"))
    runner.variables["BACKUPCTL_REPOSITORY"] = "\(runner.directory)/empty"
    #expect(await runner.run("usage").code == 10)
    #expect(await runner.run("init", "\(runner.directory)/empty").code == 0)
    let empty = await runner.run("usage")
    #expect(empty.code == 0)
    #expect(empty.messages.contains("has no sources yet"))
    #expect(await runner.run("usage", "--json").code == 0)
  }
}
