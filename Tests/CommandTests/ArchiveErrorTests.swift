import BackupModel
import BackupRepository
import Foundation
import HostSystem
import Testing

@testable import BackupCommands

/// Sources that can't be archived, and what becomes of those that can be in part.
@Suite struct ArchiveErrorTests {
  private let scene: RepositoryScene
  private let runner: CommandRunner

  init() async throws {
    scene = try await RepositoryScene()
    runner = scene.runner
  }

  private func expectRefusal(
    _ arguments: [String], code: Int32, golden: String, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let before = try scene.repositoryListing()
    let result = await runner.run(arguments)
    #expect(result.code == code && result.output.isEmpty, sourceLocation: sourceLocation)
    try GoldenText.expect(
      scene.plain(result.messages), equals: "errors/\(golden)", sourceLocation: sourceLocation)
    #expect(try scene.repositoryListing() == before, "nothing was written", sourceLocation: sourceLocation)
  }

  // MARK: - The source as a whole

  @Test(
    arguments: [
      ("archive-missing", "DIR/nowhere", [], 1), ("archive-missing", "DIR/nowhere", ["--as", "src"], 1),
      ("archive-a-file", "DIR/source/a", [], 1), ("archive-a-file-as", "DIR/source/a", ["--as", "src"], 1),
      ("archive-bad-name", "DIR/source", ["--as", "src/points"], 64),
      ("archive-bad-pattern", "DIR/source", ["--as", "src", "--exclude", "[a"], 64),
    ] as [(String, String, [String], Int32)])
  func refusesASourceThatIsNoDirectoryOrHasNoName(
    golden: String, path: String, more: [String], code: Int32
  ) async throws {
    let path = path.replacingOccurrences(of: "DIR", with: runner.directory)
    try await expectRefusal(["archive", path] + more, code: code, golden: golden)
    try await scene.expectFirstPointIntact()
  }

  @Test func refusesTwoSourcesUnderOneName() async throws {
    try await expectRefusal(
      ["archive", scene.tree.path, "/usr", "--as", "src"], code: 64, golden: "archive-two-under-one-name")
  }

  @Test func namesTheNearestTreeOfTheConfiguration() async throws {
    let config = URL(fileURLWithPath: "\(runner.directory)/config.yaml")
    try Data("repository: {path: \(runner.repository)}\ntrees: [{name: src, path: \(scene.tree.path)}]\n".utf8)
      .write(to: config)
    try await expectRefusal(["archive", "scr", "--config", config.path], code: 1, golden: "archive-nearest-tree")
  }

  @Test(.enabled(if: !RepositoryDisk.isPossible, "root may read everything")) func refusesADirectoryItMayNotRead()
    async throws
  {
    let closed = try TestTree("\(runner.directory)/closed")
    try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: closed.path)
    try await expectRefusal(["archive", closed.path, "--as", "src"], code: 1, golden: "archive-unreadable")
  }

  // MARK: - Files that can't be read

  @Test(.enabled(if: !RepositoryDisk.isPossible, "root may read everything")) func archivesTheRestWithAWarning()
    async throws
  {
    try scene.tree.file("secret", "x")
    try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: "\(scene.tree.path)/secret")
    let result = await scene.archive()
    #expect(result.code == 3)
    #expect(result.messages == "warning: secret: can't be read: Permission denied\n")
    #expect(await runner.run("ls", "src").lines == ["a", "data/", "ssh/"])
    try await scene.expectFirstPointIntact()
  }

  /// A directory with files that not even root may read: a driver's switches can only be written.
  private static let unreadableForRoot = "/sys/bus/cpu"

  @Test(
    .enabled(if: RepositoryDisk.isPossible, "needs root"),
    .enabled(if: FileManager.default.fileExists(atPath: "\(unreadableForRoot)/uevent"), "needs sysfs"))
  func archivesTheRestWithAWarningForEachFileThatNotEvenRootMayRead() async throws {
    let result = await runner.run("archive", Self.unreadableForRoot, "--as", "sys")
    #expect(result.code == 3)
    #expect(result.messages.contains("warning: uevent: can't be read: Permission denied\n"))
    #expect(result.output.hasSuffix("; with warnings\n"))
    let names = await runner.run("ls", "sys").lines
    #expect(names.contains("devices/") && !names.contains("uevent"))
    #expect(await runner.run("check").code == 0)
    try await scene.expectFirstPointIntact()
  }

  // MARK: - Two at once

  @Test func saysWhoHoldsTheSourceWhenItIsHeld() async throws {
    let repository = try Repository.open(Array(runner.repository.utf8))
    let store = repository.store(try #require(SourceID(kind: .tree, name: "src")))
    let lock = try store.lock(holder: "pid 4711 on nas since 2026-11-22T05:30:00Z: backupctl run weekly.yaml")
    defer { withExtendedLifetime(lock) {} }
    try await expectRefusal(["archive", scene.tree.path, "--as", "src"], code: 11, golden: "archive-held")
    // Only writers exclude each other, and only those of the same source.
    try await scene.expectFirstPointIntact()
    #expect(await runner.run("archive", scene.tree.path, "--as", "other").code == 0)
  }

  @Test func goesOnOnceTheSourceIsFree() async throws {
    let repository = try Repository.open(Array(runner.repository.utf8))
    let store = repository.store(try #require(SourceID(kind: .tree, name: "src")))
    var lock: SourceLock? = try store.lock(holder: "test")
    #expect(await scene.archive().code == 11)
    withExtendedLifetime(lock) {}
    lock = nil
    #expect(await scene.archive().code == 0)
  }

  private static func archive(_ path: String, in repository: String) async throws -> Int32 {
    await (try CommandRunner()).run("archive", path, "--as", "src", "-r", repository).code
  }

  @Test func archivesOneSourceOnceAtATimeWhenTwoBegin() async throws {
    for number in 0..<300 { try scene.tree.file("many/\(number)", "\(number)") }
    let (path, repository) = (scene.tree.path, runner.repository)
    async let first = Self.archive(path, in: repository)
    async let second = Self.archive(path, in: repository)
    let codes = try await [first, second].sorted()
    #expect(codes == [0, 0] || codes == [0, 11], "\(codes)")
    #expect(await runner.run("points", "src").lines.count == (codes == [0, 0] ? 4 : 3))
    #expect(await runner.run("verify").code == 0)
    try await scene.expectFirstPointIntact()
  }

  // MARK: - Interrupted

  @Test func publishesNothingWhenItIsInterruptedAndGoesOnLater() async throws {
    try scene.tree.file("new", "new")
    let cancellation = Cancellation()
    cancellation.cancel()
    let result = await runner.run(["archive", scene.tree.path, "--as", "src"], cancellation: cancellation)
    #expect(result.code == 1 && result.messages.hasPrefix("interrupted: nothing that was listed before is changed"))
    #expect(await runner.run("points", "src").lines.count == 2)
    #expect(await runner.run("check").code == 0)
    try await scene.expectFirstPointIntact()
    #expect(await scene.archive().code == 0)
    #expect(await runner.run("cat", "src", "new").output == "new")
  }
}
