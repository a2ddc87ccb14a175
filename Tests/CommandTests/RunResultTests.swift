import BackupModel
import BackupRepository
import Foundation
import HostSystem
import Testing

@testable import BackupCommands

/// How runs end that aren't wholly well: what could be done is done, the rest is named, the exit code says which.
@Suite struct RunResultTests {
  private let scene: RepositoryScene
  private let runner: CommandRunner

  init() async throws {
    scene = try await RepositoryScene()
    runner = scene.runner
  }

  private struct Document: Decodable {
    struct Task: Decodable {
      let source, state, message: String
      let details: [String]
      let attempts: Int
    }
    struct Job: Decodable {
      let name, state: String
      let tasks: [Task]
    }
    let schedule, result: String
    let jobs: [Job]

    /// `job source state` of each task.
    var states: [String] { jobs.flatMap { job in job.tasks.map { "\(job.name) \($0.source) \($0.state)" } } }
  }

  private func run(_ jobs: String, trees: String, _ more: String...) async throws -> CommandRunner.Result {
    let path = "\(runner.directory)/weekly.yaml"
    let text = "trees:\n\(trees)\njobs:\n\(jobs)\n".replacingOccurrences(of: "DIR", with: runner.directory)
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    return await runner.run(["run", path, "--scratch", runner.directory] + more)
  }

  private func decoded(_ result: CommandRunner.Result) throws -> Document {
    try JSONDecoder().decode(Document.self, from: Data(result.bytes))
  }

  private static let allKinds = """
      keep: {kind: archive, trees: [src, other, gone]}
      look: {kind: verify, of: keep}
      back: {kind: drill, of: keep}
    """

  // MARK: - Well

  @Test func archivesVerifiesAndDrillsAndLeavesNoScratchDirectory() async throws {
    let result = try await run(
      "  keep: {kind: archive, trees: src}\n  look: {kind: verify, of: keep}\n  back: {kind: drill, of: keep}",
      trees: "  - {name: src, path: DIR/source}", "--json")
    #expect(result.code == 0, "\(result.messages)")
    let document = try decoded(result)
    #expect(document.schedule == "weekly" && document.result == "ok")
    #expect(
      document.states == ["keep tree/src succeeded", "look tree/src succeeded", "back tree/src succeeded"])
    let names = try FileManager.default.contentsOfDirectory(atPath: runner.directory)
    #expect(!names.contains { $0.hasPrefix("backupctl-drill") })
    try await scene.expectFirstPointIntact()
  }

  // MARK: - A source that fails

  @Test func archivesTheGoodSourcesWhenOneIsMissing() async throws {
    try TestTree("\(runner.directory)/other").file("x", "y")
    let trees = """
        - {name: src, path: DIR/source}
        - {name: other, path: DIR/other}
        - {name: gone, path: DIR/gone}
      """
    let result = try await run(Self.allKinds, trees: trees, "--json")
    #expect(result.code == 1)
    let document = try decoded(result)
    #expect(document.result == "failed")
    #expect(
      Set(document.states) == [
        "keep tree/src succeeded", "keep tree/other succeeded", "keep tree/gone failed",
        "look tree/src succeeded", "look tree/other succeeded", "look tree/gone skipped: keep failed",
        "back tree/src succeeded", "back tree/other succeeded", "back tree/gone skipped: keep failed",
      ], "\(document.states)")
    #expect(
      scene.plain(result.messages).contains(
        "keep tree/gone: hint: check the path, and that the file system is mounted (`findmnt`)\n"))
    #expect(await runner.run("cat", "other", "x").output == "y")
    #expect(await runner.run("points", "src").lines.count == 3)
    try await scene.expectFirstPointIntact()
  }

  @Test func namesEachTaskInTheTableAndTheResultAtItsEnd() async throws {
    let result = try await run(
      "  keep: {kind: archive, trees: [src, gone]}",
      trees: "  - {name: src, path: DIR/source}\n  - {name: gone, path: DIR/gone}")
    #expect(result.code == 1)
    let cells = result.lines.map { $0.split(separator: " ").prefix(3).joined(separator: " ") }
    #expect(cells.first == "JOB SOURCE STATE")
    #expect(cells.contains("keep tree/src succeeded") && cells.contains("keep tree/gone failed"))
    #expect(result.lines.last?.contains(" of weekly: failed in ") == true)
    #expect(
      scene.plain(result.messages).contains(
        "] keep(tree/gone) failed: cannot archive DIR/gone: No such file or directory\n")
        || scene.plain(result.messages).contains("failed: cannot archive DIR/gone: No such file or directory\n"),
      "\(result.messages)")
  }

  @Test func failsTheTaskOfASourceThatAnotherProcessHolds() async throws {
    let repository = try Repository.open(Array(runner.repository.utf8))
    let lock = try repository.store(try #require(SourceID(kind: .tree, name: "src"))).lock(holder: "pid 4711 on nas")
    defer { withExtendedLifetime(lock) {} }
    let result = try await run(
      "  keep: {kind: archive, trees: src, retry: {attempts: 2, backoff: 0s}}",
      trees: "  - {name: src, path: DIR/source}", "--json")
    #expect(result.code == 1)
    let task = try #require(try decoded(result).jobs.first?.tasks.first)
    #expect(task.state == "failed" && task.attempts == 2, "what is held may be free a moment later")
    #expect(task.details.first == "cause: held by pid 4711 on nas")
    try await scene.expectFirstPointIntact()
  }

  // MARK: - Degraded

  @Test func endsDegradedWhenAPointIsSuspicious() async throws {
    try FileManager.default.removeItem(atPath: scene.tree.path)
    _ = try TestTree(scene.tree.path)
    let result = try await run(
      "  keep: {kind: archive, trees: src}\n  look: {kind: verify, of: keep}",
      trees: "  - {name: src, path: DIR/source}", "--json")
    #expect(result.code == 3)
    let document = try decoded(result)
    #expect(document.result == "degraded")
    #expect(document.states == ["keep tree/src degraded", "look tree/src succeeded"])
    #expect(document.jobs[0].tasks[0].message.contains("suspicious: the tree is empty"))
    try await scene.expectFirstPointIntact()
  }

  // MARK: - Damage

  @Test func failsTheVerificationOfDamagedDataAndNamesIt() async throws {
    try RepositoryScene.damage(scene.firstPack, at: 2_000..<2_100)
    let result = try await run(
      "  keep: {kind: archive, trees: src}\n  look: {kind: verify, of: keep}\n  back: {kind: drill, of: keep}",
      trees: "  - {name: src, path: DIR/source}", "--json")
    #expect(result.code == 1)
    let document = try decoded(result)
    #expect(document.states.contains("look tree/src failed"), "\(document.states)")
    #expect(result.messages.contains("look tree/src: "), "\(result.messages)")
  }

  // MARK: - Interrupted

  @Test func publishesNothingWhenItIsInterrupted() async throws {
    let path = "\(runner.directory)/weekly.yaml"
    try Data("trees: [{name: src, path: \(scene.tree.path)}]\njobs: {keep: {kind: archive, trees: src}}\n".utf8)
      .write(to: URL(fileURLWithPath: path))
    let cancellation = Cancellation()
    cancellation.cancel()
    let result = await runner.run(["run", path], cancellation: cancellation)
    #expect(result.code == 1)
    #expect(result.lines.last?.contains(" of weekly: interrupted in ") == true, "\(result.output)")
    #expect(await runner.run("points", "src").lines.count == 2)
    #expect(await runner.run("check").code == 0)
    try await scene.expectFirstPointIntact()
  }

  // MARK: - The demonstration

  @Test func understandsTheShippedDemonstration() async throws {
    let demo = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("schedules/demo.yaml").path
    // Everything is checked before anything starts: an interrupted run shows that nothing was wrong.
    let cancellation = Cancellation()
    cancellation.cancel()
    let result = await runner.run(["run", demo, "--json"], cancellation: cancellation)
    #expect(result.code == 1)
    let document = try decoded(result)
    #expect(document.result == "interrupted" && document.jobs.map(\.name) == ["trees", "verify", "drill"])
  }
}
