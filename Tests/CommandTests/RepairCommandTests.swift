import Foundation
import Testing

@testable import BackupCommands

/// `repair`, as a person calls it.
@Suite struct RepairCommandTests {
  private let scene: RepositoryScene
  private let runner: CommandRunner

  /// Two points of two days; a large file is only in the second one.
  init() async throws {
    scene = try await RepositoryScene()
    runner = scene.runner
    runner.clock.advance(seconds: 86_400)
    try scene.tree.file(Array("large".utf8), RepositoryScene.noise(300_000, seed: 11))
    try #require(await scene.archive().code == 0)
  }

  private func packs() throws -> [String] {
    let path = "\(runner.repository)/sources/tree/src/packs"
    return try FileManager.default.contentsOfDirectory(atPath: path).sorted().map { "\(path)/\($0)" }
  }

  private func cutEnd(of pack: String) throws {
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: pack))
    try handle.truncate(atOffset: try handle.seekToEnd() - 20)
    try handle.close()
  }

  @Test func makesAPackWithoutItsEndWholeAgain() async throws {
    try cutEnd(of: try packs()[0])
    #expect(await runner.run("check").code == 20)
    let before = try scene.repositoryListing()
    let shown = await runner.run("repair", "--dry-run")
    #expect(shown.code == 20)
    try GoldenText.expect(shown.output + shown.messages, equals: "repair-dry-run")
    #expect(try scene.repositoryListing() == before)

    let done = await runner.run("repair", "src")
    #expect(done.code == 0, "\(done.output)\(done.messages)")
    try GoldenText.expect(done.output + done.messages, equals: "repair")
    #expect(await runner.run("check").code == 0)
    #expect(await runner.run("verify").code == 0)
    try await scene.expectFirstPointIntact()
    let again = await runner.run("repair")
    #expect(again.code == 0)
    #expect(again.messages.hasPrefix("nothing is to be repaired"))
  }

  @Test func marksWhatIsLostUntilItIsThereAgain() async throws {
    try FileManager.default.removeItem(atPath: try packs()[1])
    let done = await runner.run("repair", "-v")
    #expect(done.code == 20)
    #expect(done.output.contains("partial, lost"), "\(done.output)")
    let points = await runner.run("points", "src")
    #expect(points.output.contains("partial"))
    let shown = await runner.run("show", "src")
    #expect(shown.output.contains("state        partial"), "\(shown.output)")
    #expect(shown.output.contains("lost ("))
    // The first point lost nothing, and the next archive makes up for the second one.
    try await scene.expectFirstPointIntact()
    runner.clock.advance(seconds: 60)
    try #require(await scene.archive().code != 1)
    let second = await runner.run("repair")
    #expect(second.code == 0, "\(second.output)\(second.messages)")
    #expect(second.output.contains("all is there again"))
    #expect(await !runner.run("points", "src").output.contains("partial"))
  }

  @Test func tellsJSONAndRefusesWhatItDoesNotKnow() async throws {
    try cutEnd(of: try packs()[0])
    let result = await runner.run("repair", "--json")
    #expect(result.code == 0)
    let rows = try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]])
    #expect(rows.count == 1)
    #expect((rows[0]["unreadable"] as? [[String: Any]])?.first?["isWhole"] as? Bool == true)
    #expect((rows[0]["made"] as? [String])?.count == 1)
    let unknown = await runner.run("repair", "srcc")
    #expect(unknown.code == 1)
    #expect(unknown.messages.contains("src"))
    let missing = await runner.run("repair", "-r", "\(runner.directory)/nowhere")
    #expect(missing.code == 10)
  }
}
