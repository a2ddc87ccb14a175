import Foundation
import Testing

@testable import BackupCommands

/// `forget`, `prune`, `hold` and `release`, as a person calls them.
@Suite struct RetentionCommandTests {
  private let scene: RepositoryScene
  private let runner: CommandRunner

  /// Four points of four days, each with a large file that the others don't have.
  init() async throws {
    scene = try await RepositoryScene()
    runner = scene.runner
    for day in 1..<4 {
      runner.clock.advance(seconds: 86_400)
      try scene.tree.file(Array("large".utf8), RepositoryScene.noise(300_000, seed: UInt64(10 + day)))
      try #require(await scene.archive().code == 0)
    }
    runner.clock.advance(seconds: 3600)
  }

  private func points() async -> [String] {
    await runner.run("points", "src").output.split(separator: "\n").dropFirst()
      .map { String($0.prefix { $0 != " " }) }.sorted()
  }

  private func packBytes(_ directory: String = "packs") throws -> Int {
    let path = "\(runner.repository)/sources/tree/src/\(directory)"
    guard FileManager.default.fileExists(atPath: path) else { return 0 }
    return try FileManager.default.contentsOfDirectory(atPath: path).reduce(0) {
      $0 + (try Data(contentsOf: URL(fileURLWithPath: "\(path)/\($1)")).count)
    }
  }

  @Test func showsWhatStaysAndWhyAndChangesNothing() async throws {
    let before = try scene.repositoryListing()
    let result = await runner.run("forget", "--keep", "daily=2,monthly=1", "--dry-run")
    #expect(result.code == 0)
    try GoldenText.expect(result.output + result.messages, equals: "forget-dry-run")
    #expect(try scene.repositoryListing() == before)
    let asked = await runner.run("forget", "src", "--keep", "daily=2")
    #expect(asked.code == 64)
    #expect(asked.messages.contains("type `backupctl forget src --keep daily=2 --yes`"))
    #expect(try scene.repositoryListing() == before)
  }

  @Test func forgetsAndPrunesAndWhatStaysIsWhole() async throws {
    let ids = await points()
    try #require(ids.count == 4)
    let forgotten = await runner.run("forget", "--keep", "last=2", "--yes")
    #expect(forgotten.code == 0, "\(forgotten.messages)")
    #expect(forgotten.messages.contains("forgot 2 points"))
    #expect(await points() == Array(ids.suffix(2)))

    let shown = await runner.run("prune", "--dry-run")
    #expect(shown.code == 0)
    try GoldenText.expect(
      shown.output.replacing(/\d+(\.\d+)? [KM]?i?B/, with: "SIZE"), equals: "prune-dry-run")
    let full = try packBytes()
    // What was forgotten a moment ago may still be read: nothing goes while its grace lasts.
    let early = await runner.run("prune", "--yes")
    #expect(early.code == 0, "\(early.messages)")
    #expect(try packBytes() == full)
    runner.clock.advance(seconds: 2 * 86_400)
    let done = await runner.run("prune", "--yes")
    #expect(done.code == 0, "\(done.messages)")
    #expect(try packBytes() < full - 290_000)
    #expect(try packBytes("trash") > 290_000)
    runner.clock.advance(seconds: 2 * 86_400)
    #expect(await runner.run("prune", "--yes").code == 0)
    #expect(try packBytes("trash") == 0)
    #expect(await runner.run("prune").messages == "there is nothing to do\n")

    let check = await runner.run("check")
    #expect(check.code == 0, "\(check.output)\(check.messages)")
    let restored = await runner.run("restore", "src", "--to", "\(runner.directory)/restored", "--verify")
    #expect(restored.code == 0, "\(restored.messages)")
    let older = await runner.run("restore", "src@\(ids[2])", "--to", "\(runner.directory)/older", "--verify")
    #expect(older.code == 0, "\(older.messages)")
    #expect(await runner.run("verify").code == 0)
  }

  @Test func refusesToForgetMostOfItUnlessTold() async throws {
    let before = await points()
    let refused = await runner.run("forget", "--keep", "last=1", "--yes")
    #expect(refused.code == 1)
    #expect(refused.messages.contains("cannot forget 3 of the 4 points of tree/src: that is more than 50% at once"))
    #expect(refused.messages.contains("--allow-many"))
    #expect(await points() == before)
    #expect(await runner.run("forget", "--keep", "last=1", "--yes", "--allow-many").code == 0)
    #expect(await points() == Array(before.suffix(1)))
  }

  @Test func forgetsANamedPointButNotTheNewest() async throws {
    let ids = await points()
    #expect(await runner.run("forget", "src@\(ids[1])", "--yes").code == 0)
    #expect(await points() == [ids[0], ids[2], ids[3]])
    let refused = await runner.run("forget", "src@latest", "--yes")
    #expect(refused.code == 1)
    #expect(refused.messages.contains("it is the newest good point"))
    #expect(await runner.run("forget", "src@latest", "--yes", "--allow-newest").code == 0)
    #expect(await points() == [ids[0], ids[2]])
    let vague = await runner.run("forget", "src", "--yes")
    #expect(vague.code == 64)
    #expect(vague.messages.contains("neither rules nor a point are given"))
    try await scene.expectFirstPointIntact()
  }

  @Test func aHoldKeepsItsPointUntilItIsReleased() async throws {
    let ids = await points()
    runner.variables["SUDO_USER"] = "ana"
    let held = await runner.run("hold", "src@\(ids[0])", "--reason", "before the migration")
    #expect(held.code == 0, "\(held.messages)")
    #expect(await runner.run("hold", "src@\(ids[1])", "--reason", "for a day", "--for", "1d").code == 0)
    let list = await runner.run("hold")
    try GoldenText.expect(
      list.output.replacing(/ana@\S+ */, with: "ana@HOST  ").replacing(/BY +/, with: "BY  "), equals: "hold-list")
    let named = await runner.run("forget", "src@\(ids[0])", "--yes")
    #expect(named.code == 1)
    #expect(
      named.messages.contains("it is on hold\ncause: before the migration\nhint: `backupctl release src@\(ids[0])`"))
    runner.clock.advance(seconds: 2 * 86_400)
    #expect(await runner.run("forget", "--keep", "last=1", "--yes").code == 0)
    #expect(await points() == [ids[0], ids[3]])
    #expect(
      await runner.run("release", "src@\(ids[0])").messages
        == "released src@\(ids[0]), which was held: before the migration\n")
    let twice = await runner.run("release", "src@\(ids[0])")
    #expect(twice.code == 1)
    #expect(await runner.run("forget", "--keep", "last=1", "--yes").code == 0)
    #expect(await points() == [ids[3]])
  }

  @Test(arguments: [
    (["hold", "src", "--reason", "x"], "cannot hold src: which point is not said"),
    (["hold", "src@latest"], "Say why: --reason TEXT."),
    (["hold", "src@latest", "--reason", " "], "Say why: --reason TEXT."),
    (["hold", "src@latest", "--reason", "x", "--for", "ever"], "'ever' is not a length of time"),
    (["release", "src"], "cannot release src: which point is not said"),
    (["forget"], "neither rules nor points are given"), (["retention", "simulate"], "no rules are given"),
    (["retention", "simulate", "--keep", "last=1", "--over", "1h"], "'1h' is not a length of time from 1d to 10y"),
    (["retention", "simulate", "--keep", "last=1", "--over", "11y"], "is not a length of time from 1d to 10y"),
    (["forget", "--keep", "dialy=7"], "did you mean `daily`?"),
    (["forget", "--keep", "daily=0"], "nothing would be kept"),
    (["prune", "--rewrite-below", "170%"], "'170%' is not a share"),
    (["prune", "--grace", "soon"], "'soon' is not a length"),
    (["prune", "--most-copied", "much"], "'much' is not a size"),
  ])
  func refusesAMistakeAndChangesNothing(_ arguments: [String], _ part: String) async throws {
    let before = try scene.repositoryListing()
    let result = await runner.run(arguments)
    #expect(result.code == 64)
    #expect(result.messages.contains(part), "\(result.messages)")
    #expect(try scene.repositoryListing() == before)
  }

  @Test(arguments: [
    ["forget", "--keep", "last=2", "--yes"], ["prune", "--yes"], ["hold", "srk@latest", "--reason", "x"],
  ])
  func saysThatThereIsNoRepositoryOrSource(_ arguments: [String]) async throws {
    runner.variables["BACKUPCTL_REPOSITORY"] = "\(runner.directory)/elsewhere"
    #expect(await runner.run(arguments).code == 10)
    runner.variables["BACKUPCTL_REPOSITORY"] = runner.repository
    let result = await runner.run(["forget", "srk", "--keep", "last=2"])
    #expect(result.code == 1)
    #expect(result.messages.contains("did you mean `src`?"))
  }

  @Test func aDamagedPointStopsThePruneOfItsSource() async throws {
    let ids = await points()
    try RepositoryScene.damage("\(runner.repository)/sources/tree/src/points/\(ids[1]).json", at: 60..<61)
    let before = try packBytes()
    let result = await runner.run("prune", "--yes", "--grace", "0s")
    #expect(result.code == 20)
    #expect(result.messages.contains("cannot prune tree/src: what its points need can't be read"))
    #expect(try packBytes() == before)
    // Nobody knows what it was, so it stays.
    #expect(await runner.run("forget", "--keep", "last=1", "--yes", "--allow-many").code == 0)
    #expect(await points() == [ids[1], ids[3]])
  }
}
