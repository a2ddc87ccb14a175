import BackupModel
import Foundation
import HostSystem
import Testing

@testable import BackupCommands

/// What is wrong, with message and exit code; nothing is written by any of these commands.
@Suite struct PointsErrorTests {
  private let runner: CommandRunner
  private let tree: TestTree
  private static let commands: [[String]] = [
    ["points"], ["show", "src"], ["ls", "src"], ["find", "src", "*"], ["cat", "src", "a"], ["diff", "src"],
  ]

  init() async throws {
    runner = try CommandRunner()
    tree = try TestTree("\(runner.directory)/source")
    _ = await runner.run("init", runner.repository)
    try tree.file("ssh/sshd_config", "x")
    try tree.file("a", "a")
    try tree.settleDirectories("ssh")
    let result = await runner.run("archive", tree.path, "--as", "src")
    try #require(result.code == 0)
    runner.clock.advance(seconds: 7200)
  }

  private func expect(_ arguments: [String], code: Int32, golden: String) async throws {
    let result = await runner.run(arguments)
    #expect(result.code == code && result.output.isEmpty)
    try GoldenText.expect(
      result.messages.replacingOccurrences(of: runner.directory, with: "DIR"), equals: "errors/\(golden)")
  }

  // MARK: - Repository

  @Test(arguments: commands) func namesTheRepositoryThatIsMissing(command: [String]) async throws {
    runner.variables["BACKUPCTL_REPOSITORY"] = "\(runner.directory)/nowhere"
    try await expect(command, code: 10, golden: "repository-missing")
  }

  @Test func namesADirectoryThatIsNoRepository() async throws {
    runner.variables["BACKUPCTL_REPOSITORY"] = tree.path
    try await expect(["points"], code: 10, golden: "repository-not-one")
  }

  @Test func refusesARepositoryOfANewerFormat() async throws {
    try Data(#"{"format": 2, "id": 7}"#.utf8).write(to: URL(fileURLWithPath: "\(runner.repository)/repository.json"))
    try await expect(["points"], code: 13, golden: "repository-newer")
  }

  @Test func reportsADamagedDescription() async throws {
    try Data("{".utf8).write(to: URL(fileURLWithPath: "\(runner.repository)/repository.json"))
    let result = await runner.run("points")
    #expect(result.code == 20 && result.messages.contains("repository.json is damaged"))
  }

  @Test func refusesAFileInTheRepositorysPlace() async throws {
    runner.variables["BACKUPCTL_REPOSITORY"] = "\(tree.path)/a"
    try await expect(["points"], code: 10, golden: "repository-a-file")
  }

  @Test func asksForARepositoryIfNoneIsGiven() async throws {
    runner.variables = ["BACKUPCTL_CONFIG": "\(runner.directory)/config.yaml"]
    try await expect(["points"], code: 64, golden: "no-configuration")
  }

  @Test func saysThatAnEmptyRepositoryIsEmpty() async throws {
    _ = await runner.run("init", "\(runner.directory)/empty")
    let result = await runner.run("points", "-r", "\(runner.directory)/empty")
    #expect(result.code == 0 && result.output.isEmpty)
    #expect(result.messages == "the repository has no sources yet: make a point with `backupctl archive`\n")
    #expect(await runner.run("points", "-r", "\(runner.directory)/empty", "--json").output == "[\n\n]\n")
  }

  // MARK: - Sources, points, paths

  @Test(
    arguments: [
      ("unknown-name", ["points", "scr"], 1), ("unknown-source", ["ls", "scr"], 1),
      ("unknown-point", ["ls", "src@20261121T050000Z"], 1), ("point-too-old", ["show", "src@2026-11-01"], 1),
      ("bad-time", ["show", "src", "--at", "tomorow"], 64), ("bad-selector", ["show", "src@tomorow"], 64),
      ("unknown-path", ["ls", "src", "ssh/sshd_confg"], 1), ("unknown-path", ["cat", "src", "ssh/sshd_confg"], 1),
      ("unknown-directory", ["ls", "src", "shh/sshd_config"], 1),
      ("path-below-a-file", ["ls", "src", "a/b"], 1),
      ("path-with-no-sibling", ["ls", "src", "ssh/wholly different"], 1),
      ("bad-pattern", ["find", "src", "[a"], 64), ("unknown-option", ["ls", "src", "--lnog"], 64),
      ("other-point-unknown", ["diff", "src", "scr@latest"], 1),
    ] as [(String, [String], Int32)]) func saysWhatIsWrongAndWhatComesNearest(
      golden: String, arguments: [String], code: Int32
    ) async throws
  {
    try await expect(arguments, code: code, golden: golden)
  }

  @Test func findsASourceWhoseNameHasAnAt() async throws {
    #expect(await runner.run("archive", tree.path, "--as", "mail@example.org").code == 0)
    #expect(await runner.run("ls", "mail@example.org").lines == ["a", "ssh/"])
    #expect(await runner.run("ls", "mail@example.org@latest", "ssh").lines == ["sshd_config"])
    #expect(await runner.run("points", "mail@example.org").lines.count == 2)
  }

  // MARK: - Damage

  @Test func listsADamagedPointInsteadOfDroppingIt() async throws {
    #expect(await runner.run("archive", tree.path, "--as", "src").code == 0)
    let point = "\(runner.repository)/sources/tree/src/points/20261122T070000Z.json"
    let file = try OpenFile.open(Array(point.utf8), .update)
    try file.write(Array("X".utf8)[...], at: 40)
    try file.close()
    let list = await runner.run("points", "src")
    #expect(list.code == 20)
    #expect(list.lines.count == 3 && list.lines[2].hasPrefix("20261122T070000Z  0 s  damaged "))
    #expect(
      list.messages == "warning: cannot read the point 20261122T070000Z of tree/src: the file is damaged "
        + "(it does not match its digest)\n")
    let overview = await runner.run("points")
    #expect(overview.code == 20 && overview.lines.last?.hasSuffix("damaged") == true)
    let json = await runner.run("points", "src", "--json")
    #expect(json.code == 20 && json.output.contains(#""state" : "damaged""#))
    #expect(await runner.run("ls", "src").code == 20)
    #expect(await runner.run("ls", "src", "--at", "20261122T05").code == 0)
    let history = await runner.run("find", "src", "a", "--all-points")
    #expect(history.code == 20 && history.lines.last == "20261122T050000Z  20261122T050000Z       1  a")
  }

  @Test func reportsADamagedIndexWithPackAndFrame() async throws {
    let pack = "\(runner.repository)/sources/tree/src/packs/20261122T050000Z-0001.tar.zst"
    let file = try OpenFile.open(Array(pack.utf8), .update)
    var bytes = try file.contents(at: 0, count: 1 << 20)
    // The whole first half: frames of content and of the index, but not the table of contents at the end.
    for position in 20..<bytes.count / 3 { bytes[position] ^= 0x55 }
    try file.write(bytes[...], at: 0)
    try file.close()
    for command in [["ls", "src"], ["diff", "src"], ["find", "src", "*"], ["cat", "src", "a"]] {
      let result = await runner.run(command)
      #expect(result.code == 20, "\(command)")
      #expect(
        result.messages.hasPrefix("error: cannot read pack 20261122T050000Z-0001 of tree/src: "), "\(result.messages)")
    }
  }
}
