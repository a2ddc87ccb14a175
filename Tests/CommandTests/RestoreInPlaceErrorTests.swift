import Foundation
import HostSystem
import Testing

@testable import BackupCommands

/// Restores in place that are refused or fail: message and exit code, and what is live as it was.
@Suite struct RestoreInPlaceErrorTests {
  private let scene: ServiceScene
  private var runner: CommandRunner { scene.runner }

  init() async throws { scene = try await ServiceScene() }

  private func expectRefusal(
    _ arguments: [String], code: Int32, golden: String, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let result = await runner.run(["restore"] + arguments)
    #expect(result.code == code, "\(result.messages)", sourceLocation: sourceLocation)
    #expect(result.output.isEmpty, sourceLocation: sourceLocation)
    let errors = result.messages.split(separator: "\n").drop { !$0.hasPrefix("error:") }.joined(separator: "\n")
    try GoldenText.expect(scene.plain(errors) + "\n", equals: "errors/\(golden)", sourceLocation: sourceLocation)
  }

  @Test(
    arguments: [
      ("restore-unknown-service", ["imich"], 1),
      ("restore-unknown-source-of-service", ["immich", "--source", "nfs/imich"], 64),
      ("restore-source-of-source", ["nfs/immich", "--source", "nfs/immich"], 64),
      ("restore-paths-of-several", ["immich", "--path", "db"], 64),
      ("restore-in-place-unknown-path", ["nfs/immich", "--path", "upload/2062"], 1),
      ("restore-in-place-loose-files", ["nfs/_files"], 64),
    ] as [(String, [String], Int32)])
  func saysWhatIsWrong(golden: String, arguments: [String], code: Int32) async throws {
    try await expectRefusal(arguments + ["--in-place", "--yes"], code: code, golden: golden)
    try scene.expectLiveUntouched()
  }

  @Test(
    arguments: [
      ["immich"], ["immich", "--in-place", "--to", "/x"], ["immich", "--in-place", "--verify"], ["--undo", "--resume"],
      ["immich", "--to", "/x", "--yes"], ["--undo", "--path", "a"], ["immich", "--in-place", "--overwrite"], [],
    ])
  func refusesOptionsThatDoNotGoTogether(arguments: [String]) async throws {
    #expect(await runner.run(["restore"] + arguments).code == 64)
    try scene.expectLiveUntouched()
  }

  @Test func refusesAStream() async throws {
    #expect(await runner.run("archive", "--stream", "dump", "--", "echo", "data").code == 0)
    try await expectRefusal(["stream/dump", "--in-place", "--yes"], code: 64, golden: "restore-in-place-stream")
  }

  // MARK: - The target

  @Test func refusesASymbolicLink() async throws {
    try FileManager.default.moveItem(atPath: scene.immich, toPath: "\(scene.directory)/elsewhere")
    try FileManager.default.createSymbolicLink(
      atPath: scene.immich, withDestinationPath: "\(scene.directory)/elsewhere")
    try await expectRefusal(["nfs/immich", "--in-place", "--yes"], code: 1, golden: "restore-in-place-link")
    #expect(try scene.text("\(scene.directory)/elsewhere/db") == "broken")
  }

  @Test func refusesATreeWhoseDirectoryIsGone() async throws {
    try FileManager.default.removeItem(atPath: "\(scene.directory)/nfs")
    try await expectRefusal(["nfs/immich", "--in-place", "--yes"], code: 1, golden: "restore-in-place-no-parent")
  }

  @Test func restoresATreeThatIsGoneItself() async throws {
    try FileManager.default.removeItem(atPath: scene.immich)
    let plan = await runner.run("restore", "nfs/immich", "--in-place", "--plan")
    #expect(plan.output.contains("(nothing is there now)"), "\(plan.messages)")
    let result = await runner.run("restore", "nfs/immich", "--in-place", "--yes")
    #expect(result.code == 0, "\(result.messages)")
    #expect(try scene.text("\(scene.immich)/db") == "database")
    #expect(await runner.run("restore", "--undo", "--yes").code == 0)
    #expect(!FileManager.default.fileExists(atPath: scene.immich))
  }

  @Test func refusesATreeThatHoldsTheRepository() async throws {
    #expect(await runner.run("archive", scene.directory, "--as", "all").code != 64)
    try await expectRefusal(["all", "--in-place", "--yes"], code: 1, golden: "restore-in-place-repository")
  }

  @Test(.enabled(if: RepositoryDisk.isPossible, "mounting needs root")) func refusesWhatHasSomethingMountedBelow()
    async throws
  {
    let below = try RepositoryDisk(at: "\(scene.immich)/upload", mebibytes: 1)
    try await expectRefusal(["nfs/immich", "--in-place", "--yes"], code: 1, golden: "restore-in-place-mounted-below")
    below.unmount()
    try scene.expectLiveUntouched()
  }

  @Test(.enabled(if: RepositoryDisk.isPossible, "mounting needs root")) func restoresSinglePathsOfAMountPoint()
    async throws
  {
    let disk = try RepositoryDisk(at: scene.immich, mebibytes: 1)
    defer { disk.unmount() }
    try TestTree(scene.immich).file("db", "other")
    let result = await runner.run("restore", "nfs/immich", "--in-place", "--yes", "--path", "db", "--path", "upload")
    #expect(result.code == 0, "\(result.messages)")
    #expect(try scene.text("\(scene.immich)/db") == "database")
    #expect(try scene.text("\(scene.immich)/upload/2026/b") == "photo b")
    #expect(await runner.run("restore", "--undo", "--yes").code == 0)
    #expect(try scene.text("\(scene.immich)/db") == "other")
  }

  @Test(.enabled(if: RepositoryDisk.isPossible, "mounting needs root")) func refusesATargetWithoutRoom() async throws {
    let scene = try await ServiceScene()
    try TestTree("\(scene.directory)/big/data").file(Array("noise".utf8), RepositoryScene.noise(3 << 20, seed: 9))
    let config =
      "repository: {path: \(scene.directory)/repository}\ntrees: [{name: data, path: \(scene.directory)/big/data}]"
    try Data(config.utf8).write(to: URL(fileURLWithPath: "\(scene.directory)/config.yaml"))
    #expect(await scene.runner.run("archive", "data").code == 0)
    let disk = try RepositoryDisk(at: "\(scene.directory)/big", mebibytes: 2)
    defer { disk.unmount() }
    try TestTree("\(scene.directory)/big/data").file("old", "old")
    let result = await scene.runner.run("restore", "data", "--in-place", "--yes")
    #expect(result.code == 1)
    #expect(result.messages.contains("error: cannot restore data in place: \(scene.directory)/big has only "))
    #expect(try FileManager.default.contentsOfDirectory(atPath: "\(scene.directory)/big") == ["data"])
    #expect(try scene.text("\(scene.directory)/big/data/old") == "old")
  }

  @Test(.enabled(if: RepositoryDisk.isPossible, "mounting needs root"))
  func goesOnOrBackWhenTheTargetGetsFullMeanwhile()
    async throws
  {
    let data = "\(scene.directory)/big/data"
    for number in 0..<1000 { try TestTree(data).file("f\(number)", "x") }
    let config = "repository: {path: \(scene.directory)/repository}\ntrees: [{name: data, path: \(data)}]"
    try Data(config.utf8).write(to: URL(fileURLWithPath: "\(scene.directory)/config.yaml"))
    #expect(await runner.run("archive", "data").code == 0)
    // A thousand bytes have room in it, a thousand files of a page each don't.
    let disk = try RepositoryDisk(at: "\(scene.directory)/big", mebibytes: 2)
    defer { disk.unmount() }
    try TestTree(data).file("old", "old")
    try await expectRefusal(["data", "--in-place", "--yes"], code: 1, golden: "restore-in-place-full")
    #expect(try FileManager.default.contentsOfDirectory(atPath: data) == ["old"])
    #expect(await runner.run("restore", "list").output.contains(" unfinished "))
    #expect(await runner.run("restore", "--resume").code == 1, "there still is no room")
    #expect(await runner.run("restore", "--undo").code == 0)
    #expect(try FileManager.default.contentsOfDirectory(atPath: "\(scene.directory)/big") == ["data"])
    #expect(try scene.text("\(data)/old") == "old")
  }

  @Test(.enabled(if: RepositoryDisk.isPossible, "mounting needs root")) func refusesATargetThatCanNotBeWritten()
    async throws
  {
    let disk = try RepositoryDisk(at: "\(scene.directory)/nfs", mebibytes: 1)
    defer { disk.unmount() }
    try TestTree(scene.immich).file("db", "mine")
    try disk.makeReadOnly()
    try await expectRefusal(["nfs/immich", "--in-place", "--yes"], code: 1, golden: "restore-in-place-read-only")
    #expect(try scene.text("\(scene.immich)/db") == "mine")
    #expect(await runner.run("restore", "list").output.isEmpty)
  }

  // MARK: - Stored data

  @Test func leavesTheOldTreeWhenAPackIsDamaged() async throws {
    let packs = "\(scene.directory)/repository/sources/tree/nfs/immich/packs"
    let pack = try #require(try FileManager.default.contentsOfDirectory(atPath: packs).first)
    try RepositoryScene.damage("\(packs)/\(pack)", at: 40..<80)
    try await expectRefusal(["immich", "--in-place", "--yes"], code: 20, golden: "restore-in-place-damaged")
    try scene.expectLiveUntouched()
    #expect(await runner.run("restore", "list").output.isEmpty, "what was made beside it is gone")
  }

  @Test func refusesToGoOnWithoutTheRepository() async throws {
    let cancellation = Cancellation()
    cancellation.cancel()
    let interrupted = await runner.run(["restore", "immich", "--in-place", "--yes"], cancellation: cancellation)
    #expect(interrupted.code == 1)
    try FileManager.default.moveItem(
      atPath: "\(scene.directory)/repository", toPath: "\(scene.directory)/unplugged")
    let missing = await runner.run("restore", "--resume")
    #expect(missing.code == 10, "\(missing.messages)")
    try FileManager.default.moveItem(
      atPath: "\(scene.directory)/unplugged", toPath: "\(scene.directory)/repository")
    #expect(await runner.run("restore", "--resume").code == 0)
    try scene.expectRestored()
  }

  // MARK: - Earlier restores

  @Test func refusesASecondRestoreWhileOneIsUnfinishedAndGoesOnWithIt() async throws {
    let cancellation = Cancellation()
    cancellation.cancel()
    let interrupted = await runner.run(["restore", "immich", "--in-place", "--yes"], cancellation: cancellation)
    #expect(interrupted.code == 1 && interrupted.messages.contains("interrupted: "))
    #expect(await runner.run("restore", "list").output.contains(" unfinished "))
    try await expectRefusal(["immich", "--in-place", "--yes"], code: 1, golden: "restore-in-place-unfinished")
    #expect(await runner.run("restore", "--undo").code == 0, "nothing live was changed, so nobody need be asked")
    try scene.expectLiveUntouched()
  }

  @Test func refusesASecondRestoreWhileTheFirstIsAtWork() async throws {
    let cancellation = Cancellation()
    cancellation.cancel()
    _ = await runner.run(["restore", "immich", "--in-place", "--yes"], cancellation: cancellation)
    let lock = try OpenFile.open(
      PathBytes(path: "\(scene.directory)/state/restores/20261122T070000Z.lock"), .update)
    #expect(try lock.tryLock(exclusive: true))
    #expect(await runner.run("restore", "list").output.contains(" running "))
    try await expectRefusal(["nfs/immich", "--in-place", "--yes"], code: 11, golden: "restore-in-place-busy")
    let resumed = await runner.run("restore", "--resume")
    #expect(resumed.code == 11)
    #expect(
      resumed.messages.hasPrefix(
        "error: cannot work on the restore 20261122T070000Z: another process does\ncause: held by pid 42 "))
    #expect(try scene.text("\(scene.immich)/db") == "broken")
    lock.unlock()
  }

  @Test func saysWhatCanNotBeDoneToEarlierRestores() async throws {
    try await expectRefusal(["--resume"], code: 64, golden: "restore-resume-none")
    #expect(await runner.run("restore", "immich", "--in-place", "--yes").code == 0)
    try await expectRefusal(["--resume", "20261122T070000Z"], code: 1, golden: "restore-resume-finished")
    try await expectRefusal(["--undo", "20261122T070001Z"], code: 64, golden: "restore-undo-unknown")
    try await expectRefusal(["--forget"], code: 64, golden: "restore-forget-nothing")
    runner.clock.advance(seconds: 8 * 86_400)
    #expect(await runner.run("restore", "--forget", "expired", "--yes").code == 0)
    try await expectRefusal(["--undo", "20261122T070000Z"], code: 1, golden: "restore-undo-expired")
    try await expectRefusal(["--forget", "20261122T070000Z"], code: 1, golden: "restore-forget-forgotten")
    try scene.expectRestored()
  }
}
