import Foundation
import Testing

@testable import BackupCommands

/// What `drill` and `drills` print and how they end.
@Suite struct DrillCommandTests {
  private let scene: RepositoryScene
  private let runner: CommandRunner

  init() async throws {
    scene = try await RepositoryScene()
    runner = scene.runner
  }

  private func drill(_ more: String...) async -> CommandRunner.Result {
    await runner.run(["drill", "--scratch", runner.directory] + more)
  }

  /// A table's cells; how long something took is replaced.
  private func cells(_ result: CommandRunner.Result) -> [[String]] {
    result.lines.map { line in
      line.replacing(#/ {2,}/#, with: "|").split(separator: "|").map {
        String($0).replacing(#/[0-9.]+ s/#, with: "N s")
      }
    }
  }

  @Test func measuresAndListsAWholePoint() async throws {
    let result = await drill()
    #expect(result.code == 0 && result.messages.isEmpty, "\(result.messages)")
    #expect(
      cells(result)
        == [
          ["SOURCE", "POINT", "ENTRIES", "RESTORED", "RTO", "RPO", "PROBES", "RESULT"],
          [
            "tree/src", RepositoryScene.firstPoint, "7", "244 KiB", "N s", "60 min 00 s", "sqlite none, dump none",
            "ok",
          ],
        ].map { $0.map { $0 == "60 min 00 s" ? "1 h 00 min" : $0 } })
    let names = try FileManager.default.contentsOfDirectory(atPath: runner.directory)
    #expect(!names.contains { $0.hasPrefix("backupctl-drill") })
    runner.clock.advance(seconds: 7200)
    #expect(
      cells(await runner.run("drills")) == [
        ["SOURCE", "DRILLED", "RESULT", "POINT", "RTO", "RPO", "PROBES"],
        ["tree/src", "2 h", "ok", RepositoryScene.firstPoint, "N s", "1 h 00 min", "sqlite none, dump none"],
      ])
    try await scene.expectFirstPointIntact()
  }

  @Test func listsASourceThatWasNeverDrilled() async throws {
    #expect(cells(await runner.run("drills", "list", "src")).last == ["tree/src", "never", "-", "-", "-", "-", "-"])
  }

  @Test func namesPointAndPathOfDamageAndEndsWithTwenty() async throws {
    try RepositoryScene.damage(scene.firstPack, at: 100_000..<100_001)
    let result = await drill()
    #expect(result.code == 20)
    let lines = result.lines.filter { $0.hasPrefix("damage: ") }
    let begins = "damage: tree/src@\(RepositoryScene.firstPoint): "
    #expect(lines.allSatisfy { $0.hasPrefix(begins) })
    #expect(lines.contains { $0.hasPrefix("\(begins)data/noise: ") }, "\(lines)")
    let listed = await runner.run("drills", "--verbose")
    #expect(listed.lines.filter { $0.hasPrefix("damage: ") } == lines)
  }

  @Test func onlyRestoresAndComparesWithoutProbes() async throws {
    let result = await drill("--no-probes")
    #expect(result.code == 0)
    #expect(cells(result).last?.suffix(2) == ["-", "ok"])
  }

  @Test(arguments: [
    (["--probe", "sqlit"], "did you mean `sqlite`?"), (["--probe", "command"], "probes are sqlite, dump, postgres"),
    (["--probe", "dump", "--no-probes"], "exclude each other"), (["--count", "0"], "--count must be 1 or more"),
    (["--scratch-pool", "data"], "'data' is not the name of a thin pool, GROUP/POOL"),
    (["--max-bytes", "many"], "'many' is not a number of bytes"), (["scr"], "did you mean `src`?"),
  ])
  func refusesAMistakeOfUse(words: [String], part: String) async throws {
    let result = await runner.run(["drill"] + words)
    #expect(result.code != 0 && result.output.isEmpty)
    #expect(result.messages.contains(part), "\(result.messages)")
  }
}
