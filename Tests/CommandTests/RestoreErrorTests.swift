import BackupModel
import Foundation
import HostSystem
import Testing

@testable import BackupCommands

/// Restores that are refused: message and exit code, and the target as it was.
@Suite struct RestoreErrorTests {
  private let scene: RepositoryScene
  private let runner: CommandRunner
  private var target: String { "\(runner.directory)/target" }

  init() async throws {
    scene = try await RepositoryScene()
    runner = scene.runner
  }

  private func expectRefusal(
    _ more: [String], code: Int32, golden: String, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let before = try RepositoryScene.listing(of: runner.directory)
    let result = await runner.run(["restore"] + more)
    #expect(result.code == code && result.output.isEmpty, sourceLocation: sourceLocation)
    try GoldenText.expect(scene.plain(result.messages), equals: "errors/\(golden)", sourceLocation: sourceLocation)
    #expect(
      try RepositoryScene.listing(of: runner.directory) == before, "nothing was written",
      sourceLocation: sourceLocation)
  }

  // MARK: - What is restored

  @Test(
    arguments: [
      ("restore-unknown-name", ["scr"], 1), ("restore-unknown-point", ["src@20261121T050000Z"], 1),
      ("restore-point-too-old", ["src", "--at", "2026-11-01"], 1), ("bad-time", ["src", "--at", "tomorow"], 64),
      ("restore-unknown-path", ["src", "--path", "ssh/sshd_confg"], 1),
      ("restore-unknown-path", ["src", "--path", "a", "--path", "ssh/sshd_confg"], 1),
      ("restore-path-with-parent", ["src", "--path", "ssh/../../etc"], 64),
    ] as [(String, [String], Int32)])
  func saysWhatIsWrongAndWhatComesNearest(golden: String, arguments: [String], code: Int32) async throws {
    try await expectRefusal(arguments + ["--to", target], code: code, golden: golden)
  }

  // MARK: - The target

  @Test func refusesADirectoryThatIsNotEmptyAndLeavesItAlone() async throws {
    try TestTree(target).file("mine", "keep")
    try await expectRefusal(["src", "--to", target], code: 1, golden: "restore-not-empty")
    try await expectRefusal(["src", "--to", target, "--plan"], code: 1, golden: "restore-not-empty")
    #expect(try RepositoryScene.files(in: target) == ["mine": Array("keep".utf8)])
  }

  @Test func overwritesOnlyWhatDiffersAndDeletesNothingWhenAsked() async throws {
    let there = try TestTree(target)
    try there.file("mine", "keep")
    try there.file("a", "other")
    let result = await runner.run("restore", "src", "--to", target, "--overwrite")
    #expect(result.code == 0, "\(result.messages)")
    let files = try RepositoryScene.files(in: target)
    #expect(files["mine"] == Array("keep".utf8) && files["a"] == Array("first\n".utf8))
    #expect(files["ssh/sshd_config"] == Array("Port 22\n".utf8))
  }

  @Test func refusesAFileAsTarget() async throws {
    try await expectRefusal(["src", "--to", "\(runner.directory)/source/a"], code: 1, golden: "restore-to-a-file")
  }

  @Test func refusesATargetWithoutTheDirectoryAboveIt() async throws {
    try await expectRefusal(["src", "--to", "\(runner.directory)/no/target"], code: 1, golden: "restore-no-parent")
  }

  @Test func refusesATargetWithTheUnfinishedRestoreOfAnotherPoint() async throws {
    try scene.tree.file("a", "second\n")
    #expect(await scene.archive().code == 0)
    let cancellation = Cancellation()
    cancellation.cancel()
    let interrupted = await runner.run(
      ["restore", "src@\(RepositoryScene.firstPoint)", "--to", target], cancellation: cancellation)
    #expect(interrupted.code == 1)
    try #require(FileManager.default.fileExists(atPath: "\(target)/.backupctl-restore.json"))
    try TestTree(target).file("begun", "x")
    try await expectRefusal(["src", "--to", target], code: 1, golden: "restore-unfinished")
    // The one that was interrupted goes on.
    #expect(await runner.run("restore", "src@\(RepositoryScene.firstPoint)", "--to", target).code == 0)
    #expect(try RepositoryScene.files(in: target)["a"] == Array("first\n".utf8))
    #expect(!FileManager.default.fileExists(atPath: "\(target)/.backupctl-restore.json"))
  }

  @Test(.enabled(if: RepositoryDisk.isPossible, "mounting needs root")) func refusesATargetThatCantBeWritten()
    async throws
  {
    let disk = try RepositoryDisk(at: "\(runner.directory)/fixed", mebibytes: 1)
    defer { disk.unmount() }
    try disk.makeReadOnly()
    try await expectRefusal(["src", "--to", "\(runner.directory)/fixed"], code: 1, golden: "restore-read-only")
    try await scene.expectFirstPointIntact()
  }

  @Test func continuesWhereAnInterruptedRestoreEnded() async throws {
    let cancellation = Cancellation()
    cancellation.cancel()
    let interrupted = await runner.run(["restore", "src", "--to", target], cancellation: cancellation)
    #expect(interrupted.code == 1 && interrupted.messages.contains("interrupted: "))
    let result = await runner.run("restore", "src", "--to", target, "--verify")
    #expect(result.code == 0, "\(result.messages)")
    #expect(result.messages.contains(", continuing an interrupted restore\n"))
  }
}
