import Foundation
import Testing

@testable import BackupCommands

/// A source that shrank to nothing is archived as it is, but never in silence.
@Suite struct ArchiveSuspicionTests {
  private let scene: RepositoryScene
  private let runner: CommandRunner

  init() async throws {
    scene = try await RepositoryScene()
    runner = scene.runner
  }

  private func empty() throws {
    try FileManager.default.removeItem(atPath: scene.tree.path)
    _ = try TestTree(scene.tree.path)
  }

  @Test func warnsThatTheTreeIsEmptyAndTakesTheRefilledOneForGood() async throws {
    let kept = "\(runner.directory)/kept"
    try FileManager.default.moveItem(atPath: scene.tree.path, toPath: kept)
    _ = try TestTree(scene.tree.path)
    let suspicious = await scene.archive()
    #expect(suspicious.code == 3)
    try GoldenText.expect(suspicious.messages, equals: "archive-suspicious")
    #expect(suspicious.output.hasSuffix("; with warnings\n"))
    #expect(await runner.run("points", "src").lines.last?.contains("suspicious") == true)
    try await scene.expectFirstPointIntact()

    runner.clock.advance(seconds: 3600)
    try FileManager.default.removeItem(atPath: scene.tree.path)
    try FileManager.default.moveItem(atPath: kept, toPath: scene.tree.path)
    let good = await scene.archive()
    #expect(good.code == 0 && good.messages.isEmpty, "\(good.messages)")
    #expect(good.output.contains("read 0 files"), "it is compared with the good point, not with the suspicious one")
    #expect(await runner.run("ls", "src").lines == ["a", "data/", "ssh/"])
    #expect(await runner.run("check").code == 0)
    try await scene.expectFirstPointIntact()
  }

  @Test func staysSuspiciousForAsLongAsTheTreeIsEmpty() async throws {
    try empty()
    for _ in 0..<2 {
      #expect(await scene.archive().code == 3)
      runner.clock.advance(seconds: 3600)
    }
    try await scene.expectFirstPointIntact()
  }

  @Test func warnsThatMostFilesAreGone() async throws {
    for name in ["data", "ssh"] { try FileManager.default.removeItem(atPath: "\(scene.tree.path)/\(name)") }
    let result = await scene.archive()
    #expect(result.code == 3)
    #expect(
      result.messages == """
        warning: tree/src@20261122T060000Z is suspicious: it has 2 entries, the point before had 7
        warning: tree/src@20261122T060000Z is suspicious: its files have 6 bytes, those of the point before had 250014

        """)
    try await scene.expectFirstPointIntact()
  }

  @Test func warnsThatTheFirstPointIsOfAnEmptyTree() async throws {
    let tree = try TestTree("\(runner.directory)/void")
    let result = await runner.run("archive", tree.path, "--as", "void")
    #expect(result.code == 3)
    #expect(result.messages == "warning: tree/void@20261122T060000Z is suspicious: the tree is empty\n")
  }

  @Test func printsWarningsEvenWhenQuietAndReasonsInJSON() async throws {
    try empty()
    let quiet = await scene.archive("--quiet")
    #expect(quiet.code == 3 && quiet.output.isEmpty)
    #expect(quiet.messages.contains("is suspicious: the tree is empty"))
    runner.clock.advance(seconds: 3600)
    let json = await scene.archive("--json")
    #expect(json.code == 3 && json.output.contains(#""the tree is empty""#))
  }
}
