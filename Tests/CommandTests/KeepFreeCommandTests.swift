import BackupModel
import Foundation
import Testing

@testable import BackupCommands

/// `forget --keep-free`, on a real small file system.
@Suite(.enabled(if: RepositoryDisk.isPossible, "mounting needs root")) struct KeepFreeCommandTests {
  /// Six points of six days on a disk of 8 MiB, of which the last five have a megabyte each that the others don't have.
  private func withPoints(_ body: (RepositoryScene) async throws -> Void) async throws {
    let runner = try CommandRunner()
    let disk = try RepositoryDisk(at: "\(runner.directory)/disk", mebibytes: 8)
    defer { disk.unmount() }
    let scene = try await RepositoryScene(runner, at: "disk/repository")
    for day in 1..<6 {
      runner.clock.advance(seconds: 86_400)
      try scene.tree.file(Array("large".utf8), RepositoryScene.noise(1 << 20, seed: UInt64(10 + day)))
      try #require(await scene.archive().code == 0)
    }
    runner.clock.advance(seconds: 3600)
    try await body(scene)
  }

  private func points(_ scene: RepositoryScene) async -> [String] {
    await scene.runner.run("points", "src").lines.dropFirst().map { String($0.prefix { $0 != " " }) }
  }

  private func free(_ scene: RepositoryScene) throws -> Int {
    let attributes = try FileManager.default.attributesOfFileSystem(forPath: scene.repository)
    return try #require(attributes[.systemFreeSize] as? Int)
  }

  @Test func forgetsTheOldestUntilAPruneFreesEnough() async throws {
    try await withPoints { scene in
      let before = try scene.repositoryListing()
      let shown = await scene.runner.run("forget", "--keep", "last=9", "--keep-free", "50%", "--dry-run")
      #expect(shown.code == 0, "\(shown.messages)")
      #expect(shown.messages.contains("about 2.0 MiB by 2 more points"), "\(shown.messages)")
      #expect(shown.lines.count { $0.contains("forget  keep-free: the disk has 3") } == 2, "\(shown.output)")
      #expect(try scene.repositoryListing() == before)
      let asked = await scene.runner.run("forget", "--keep", "last=9", "--keep-free", "4096KiB")
      #expect(asked.code == 64)
      #expect(asked.messages.contains("`backupctl forget --keep last=9 --keep-free 4MiB --yes`"), "\(asked.messages)")

      let ids = await points(scene)
      let forgotten = await scene.runner.run("forget", "--keep", "last=9", "--keep-free", "50%", "--yes")
      #expect(forgotten.code == 0, "\(forgotten.messages)")
      // The first one shares all it needs with the others, so it stays.
      #expect(await points(scene) == [ids[0], ids[3], ids[4], ids[5]])
      // What lies in the trash counts: nothing more goes.
      let again = await scene.runner.run("forget", "--keep", "last=9", "--keep-free", "50%", "--yes")
      #expect(again.code == 0 && again.messages.contains("forgot 0 points"), "\(again.messages)")
      scene.runner.clock.advance(seconds: 2 * 86_400)
      #expect(await scene.runner.run("prune", "--grace", "0s", "--yes").code == 0)
      #expect(try free(scene) >= 4 << 20)
      try await scene.expectFirstPointIntact()
      #expect(await scene.runner.run("check").code == 0)
    }
  }

  @Test func saysWhatIsMissingAndWhichHoldKeepsIt() async throws {
    try await withPoints { scene in
      let ids = await points(scene)
      for id in ids[2...4] {
        let held = await scene.runner.run("hold", "src@\(id)", "--reason", "before the migration")
        try #require(held.code == 0)
      }
      let result = await scene.runner.run("forget", "--keep", "last=9", "--keep-free", "90%", "--yes")
      #expect(result.code == 3)
      #expect(
        result.messages.contains(
          "of the wanted 90% although all goes that may: tree/src@\(ids[4]) is on hold: before the migration; "),
        "\(result.messages)")
      #expect(await points(scene) == [ids[0]] + ids[2...5])
    }
  }

  @Test func refusesToForgetMostOfItForRoom() async throws {
    try await withPoints { scene in
      let ids = await points(scene)
      let result = await scene.runner.run("forget", "--keep", "last=9", "--keep-free", "90%", "--yes")
      #expect(result.code == 1)
      #expect(result.messages.contains("cannot forget 4 of the 6 points of tree/src"), "\(result.messages)")
      #expect(await points(scene) == ids)
    }
  }

  @Test func theJobForgetsAndPrunes() async throws {
    try await withPoints { scene in
      let ids = await points(scene)
      let schedule = "\(scene.runner.directory)/weekly.yaml"
      try Data(
        #"jobs: {thin: {kind: retention, sources: "*", keep: {last: 9}, keep-free: 50%, grace: 0s}}"#.utf8
      ).write(to: URL(fileURLWithPath: schedule))
      let result = await scene.runner.run("run", schedule)
      #expect(result.code == 0, "\(result.messages)")
      #expect(
        result.output.contains("forgot 2 points by last=9 (job thin, ")
          && result.output.contains(", 2 of them to keep 50% free"),
        "\(result.output)\(result.messages)")
      #expect(await points(scene) == [ids[0], ids[3], ids[4], ids[5]])
      // By then nobody reads what was forgotten; it is freed, and nothing more is forgotten.
      scene.runner.clock.advance(seconds: 3600)
      #expect(await scene.runner.run("run", schedule).code == 0)
      #expect(await points(scene).count == 4)
      #expect(try free(scene) >= 4 << 20)
    }
  }

  @Test(arguments: [
    (["forget", "--keep-free", "10%"], "--keep-free needs rules"),
    (["forget", "src@latest", "--keep-free", "10%"], "--keep-free needs rules"),
    (["forget", "--keep", "last=2", "--keep-free", "much"], "'much' is neither a share of the disk nor a size"),
  ])
  func refusesAMistake(_ arguments: [String], _ part: String) async throws {
    let result = try await CommandRunner().run(arguments)
    #expect(result.code == 64)
    #expect(result.messages.contains(part), "\(result.messages)")
  }
}
