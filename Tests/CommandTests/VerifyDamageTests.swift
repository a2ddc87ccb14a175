import Foundation
import Testing

@testable import BackupCommands

/// Damaged points and packs: each command that needs what is damaged says so with its own exit code, and the rest reads on.
@Suite struct VerifyDamageTests {
  private let scene: RepositoryScene
  private let runner: CommandRunner

  init() async throws {
    scene = try await RepositoryScene()
    runner = scene.runner
  }

  /// Archives a second point with one more file.
  private func addSecondPoint() async throws {
    try scene.tree.file("second", "second\n")
    try #require(await scene.archive().code == 0)
    runner.clock.advance(seconds: 3600)
  }

  /// Where a file's content lies in the first pack: the incompressible one is stored as it is.
  private func placeOfNoise() throws -> Range<Int> {
    let pack = try Data(contentsOf: URL(fileURLWithPath: scene.firstPack))
    let found = try #require(pack.range(of: Data(RepositoryScene.noise(200_000, seed: 1)[1_000..<1_200])))
    return found.lowerBound..<found.upperBound
  }

  private func seconds(_ text: String) -> String {
    scene.plain(text).replacing(/\d+\.\d+ s/, with: "SECONDS")
  }

  // MARK: - A damaged point

  @Test func reportsADamagedPointAndReadsTheOthers() async throws {
    try await addSecondPoint()
    try RepositoryScene.damage("\(runner.repository)/sources/tree/src/points/20261122T060000Z.json", at: 60..<61)
    for arguments in [
      ["restore", "src", "--to", "\(runner.directory)/target"],
      ["restore", "src@20261122T060000Z", "--to", "\(runner.directory)/target"],
      ["ls", "src"], ["check"], ["points"], ["points", "src"],
    ] {
      #expect(await runner.run(arguments).code == 20, "\(arguments)")
    }
    let restore = await runner.run("restore", "src", "--to", "\(runner.directory)/target")
    try GoldenText.expect(scene.plain(restore.messages), equals: "errors/restore-damaged-point")
    #expect(!FileManager.default.fileExists(atPath: "\(runner.directory)/target"))
    let check = await runner.run("check")
    try GoldenText.expect(seconds(check.output), equals: "check-damaged-point")
    try await scene.expectFirstPointIntact()

    // The next archive goes on from the newest whole point, and says that one was passed over.
    let next = await scene.archive()
    #expect(next.code == 3)
    try GoldenText.expect(scene.plain(next.messages), equals: "archive-damaged-point")
    #expect(await runner.run("cat", "src", "second").output == "second\n")
  }

  // MARK: - A damaged pack

  @Test func reportsDamagedContentDownToPointAndPath() async throws {
    try await addSecondPoint()
    try RepositoryScene.damage(scene.firstPack, at: try placeOfNoise())
    #expect(await runner.run("check").code == 0, "the structure is whole")
    #expect(await runner.run("points").code == 0)
    let verify = await runner.run("verify")
    #expect(verify.code == 20)
    let damage = verify.lines.prefix { !$0.hasPrefix("SOURCE") }.joined(separator: "\n") + "\n"
    try GoldenText.expect(scene.plain(damage), equals: "verify-damaged")
    #expect(verify.lines.last?.hasSuffix("1 damaged") == true)
    #expect(
      verify.messages.hasPrefix("hint: save what is whole elsewhere with `backupctl repair src`, then archive again"))

    let target = "\(runner.directory)/target"
    let restore = await runner.run("restore", "src", "--to", target)
    #expect(restore.code == 20)
    #expect(restore.messages.contains("error: cannot restore data/noise: "), "\(restore.messages)")
    #expect(
      try RepositoryScene.files(in: target).filter { !$0.key.hasPrefix(".backupctl") }
        == ["second": Array("second\n".utf8)],
      "what is whole is restored, and nothing that isn't what was archived")
    #expect(await runner.run("cat", "src", "data/noise").code == 20)
  }

  @Test func healsFromTheLiveSourceWithTheNextArchive() async throws {
    try RepositoryScene.damage(scene.firstPack, at: try placeOfNoise())
    #expect(await runner.run("verify").code == 20)
    let archive = await scene.archive()
    #expect(archive.code == 0 || archive.code == 3, "\(archive.messages)")
    #expect(await runner.run("cat", "src", "data/noise").bytes == RepositoryScene.noise(200_000, seed: 1))
    try await scene.expectFirstPointIntact()
  }

  @Test func reportsAPackThatIsGoneAndKeepsTheOtherSources() async throws {
    #expect(await runner.run("archive", scene.tree.path, "--as", "other").code == 0)
    try FileManager.default.removeItem(atPath: scene.firstPack)
    for arguments in [
      ["check"], ["restore", "src", "--to", "\(runner.directory)/target"], ["cat", "src", "a"],
      ["ls", "src"],
    ] {
      let result = await runner.run(arguments)
      #expect(result.code == 20, "\(arguments): \(result.messages)")
    }
    #expect(await runner.run("points", "src").lines.count == 2, "the point is listed")
    #expect(await runner.run("check", "other").code == 0)
    #expect(await runner.run("verify", "other").code == 0)
    #expect(await runner.run("cat", "other", "a").output == "first\n")
    // What is still in the live source is stored anew, and makes the older point whole again.
    let archive = await scene.archive()
    #expect(archive.code == 0 || archive.code == 3, "\(archive.messages)")
    #expect(await runner.run("cat", "src", "a").output == "first\n")
  }

  @Test(arguments: [0, 40, 500]) func reportsATruncatedPack(rest: Int) async throws {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: scene.firstPack))
    try bytes.prefix(rest == 0 ? 0 : bytes.count - rest).write(to: URL(fileURLWithPath: scene.firstPack))
    for command in ["check", "verify"] {
      let result = await runner.run(command)
      #expect(result.code == 20)
      #expect(result.output.contains("20261122T050000Z-0001"), "the pack is named")
      #expect(result.output.contains("  points: 20261122T050000Z"), "the point is named: \(result.output)")
    }
    let restore = await runner.run("restore", "src", "--to", "\(runner.directory)/target")
    #expect(restore.code == 20 && restore.messages.contains("pack 20261122T050000Z-0001 of tree/src"))
    // With the right bytes back, nothing that was done in between has harmed anything.
    try bytes.write(to: URL(fileURLWithPath: scene.firstPack))
    try await scene.expectFirstPointIntact()
    #expect(await runner.run("check").code == 0)
  }

  // MARK: - What is asked for

  @Test(
    arguments: [
      ("unknown-name", ["check", "scr"], 1), ("unknown-name", ["verify", "scr"], 1),
      ("verify-sample", ["verify", "--sample", "0%"], 64), ("verify-age", ["verify", "--older-than", "soon"], 64),
    ] as [(String, [String], Int32)])
  func refusesWhatItDoesNotKnow(golden: String, arguments: [String], code: Int32) async throws {
    let result = await runner.run(arguments)
    #expect(result.code == code && result.output.isEmpty)
    try GoldenText.expect(scene.plain(result.messages), equals: "errors/\(golden)")
  }

  @Test func findsNothingWrongInAnEmptyRepository() async throws {
    let empty = "\(runner.directory)/empty"
    _ = await runner.run("init", empty)
    for command in ["check", "verify"] { #expect(await runner.run(command, "-r", empty).code == 0) }
  }
}
