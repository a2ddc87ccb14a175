import BackupModel
import Foundation
import HostSystem
import Testing

@testable import BackupCommands

/// A repository that can't be used: message and exit code of each command, and nothing written anywhere.
@Suite struct RepositoryErrorTests {
  private let scene: RepositoryScene
  private let runner: CommandRunner
  private static let names = ["archive", "restore", "verify", "check", "run", "points"]

  init() async throws {
    scene = try await RepositoryScene()
    runner = scene.runner
    try write("schedule.yaml", "trees:\n  - {name: src, path: DIR/source}\njobs: {a: {kind: archive, trees: src}}\n")
  }

  private func write(_ name: String, _ text: String) throws {
    let text = text.replacingOccurrences(of: "DIR", with: runner.directory)
    try Data(text.utf8).write(to: URL(fileURLWithPath: "\(runner.directory)/\(name)"))
  }

  private func arguments(of command: String) -> [String] {
    switch command {
    case "archive": ["archive", scene.tree.path, "--as", "src"]
    case "restore": ["restore", "src", "--to", "\(runner.directory)/target"]
    case "run": ["run", "\(runner.directory)/schedule.yaml", "--scratch", runner.directory]
    default: [command]
    }
  }

  private func expect(_ command: String, code: Int32, golden: String) async throws {
    let before = try RepositoryScene.listing(of: runner.directory)
    let result = await runner.run(arguments(of: command))
    #expect(result.code == code && result.output.isEmpty)
    try GoldenText.expect(scene.plain(result.messages), equals: "errors/\(golden)")
    #expect(try RepositoryScene.listing(of: runner.directory) == before, "nothing was written")
  }

  // MARK: - Missing, newer, damaged

  @Test(arguments: names) func namesTheRepositoryThatIsMissing(command: String) async throws {
    runner.variables["BACKUPCTL_REPOSITORY"] = "\(runner.directory)/nowhere"
    try await expect(command, code: 10, golden: "repository-missing")
  }

  @Test(arguments: names) func refusesAFileInTheRepositorysPlace(command: String) async throws {
    runner.variables["BACKUPCTL_REPOSITORY"] = "\(runner.directory)/source/a"
    try await expect(command, code: 10, golden: "repository-a-file")
  }

  @Test(arguments: names) func refusesADirectoryThatIsNoRepository(command: String) async throws {
    runner.variables["BACKUPCTL_REPOSITORY"] = "\(runner.directory)/source"
    try await expect(command, code: 10, golden: "repository-not-one")
  }

  @Test(arguments: names) func refusesARepositoryOfANewerFormat(command: String) async throws {
    let path = "\(runner.repository)/repository.json"
    let description = try String(contentsOfFile: path, encoding: .utf8)
    let newer = description.replacingOccurrences(of: #""format" : 1"#, with: #""format" : 2"#)
    try #require(newer != description)
    try Data(newer.utf8).write(to: URL(fileURLWithPath: path))
    try await expect(command, code: 13, golden: "repository-newer")
  }

  @Test(arguments: names) func reportsADamagedDescription(command: String) async throws {
    let path = "\(runner.repository)/repository.json"
    let description = try Data(contentsOf: URL(fileURLWithPath: path))
    try Data(description.dropLast(10)).write(to: URL(fileURLWithPath: path))
    try await expect(command, code: 20, golden: "repository-damaged")
  }

  // MARK: - What the configuration asks for

  /// Whether the test's directory is on the root file system, as `must-be-mounted` refuses it.
  private static let isOnRoot: Bool = {
    let path = FileManager.default.temporaryDirectory.resolvingSymlinksInPath().path
    // Without a mount table the guard couldn't be tested.
    return (try? MountTable.current().mount(holding: Array(path.utf8))?.mountPoint == [0x2F]) ?? false
  }()

  private func configure(_ declaration: String) throws {
    try write("config.yaml", "repository: {path: DIR/repository, \(declaration)}\n")
    runner.variables = ["BACKUPCTL_CONFIG": "\(runner.directory)/config.yaml"]
  }

  @Test(.enabled(if: isOnRoot, "the temporary directory is a mount of its own"), arguments: names)
  func refusesAnUnmountedDiskBeforeAnythingIsWritten(command: String) async throws {
    try configure("must-be-mounted: true")
    try await expect(command, code: 10, golden: "repository-not-mounted")
  }

  @Test(arguments: names) func refusesAnotherRepositoryBeforeAnythingIsWritten(command: String) async throws {
    let path = "\(runner.repository)/repository.json"
    let object = try JSONSerialization.jsonObject(with: try Data(contentsOf: URL(fileURLWithPath: path)))
    let id = try #require((object as? [String: Any])?["id"] as? String)
    try configure("id: 6f1c1f0e-2a5b-4c7d-9e8f-0a1b2c3d4e5f")
    let before = try RepositoryScene.listing(of: runner.directory)
    let result = await runner.run(arguments(of: command))
    #expect(result.code == 10 && result.output.isEmpty)
    try GoldenText.expect(
      scene.plain(result.messages).replacingOccurrences(of: id, with: "ID"), equals: "errors/repository-wrong-id")
    #expect(try RepositoryScene.listing(of: runner.directory) == before, "nothing was written")
  }

  @Test(.enabled(if: RepositoryDisk.isPossible, "mounting needs root"))
  func acceptsAMountedDiskAndRefusesItsEmptyMountPoint() async throws {
    let disk = try RepositoryDisk(at: "\(runner.directory)/disk", mebibytes: 8)
    defer { disk.unmount() }
    try #require(await runner.run("init", "\(runner.directory)/disk/repository").code == 0)
    try write(
      "config.yaml",
      "repository: {path: DIR/disk/repository, must-be-mounted: true}\n"
        + "trees: [{name: src, path: DIR/source}]\n")
    runner.variables = ["BACKUPCTL_CONFIG": "\(runner.directory)/config.yaml"]
    #expect(await runner.run("archive", "src").code == 0)
    disk.unmount()
    let result = await runner.run("archive", "src")
    #expect(result.code == 10 && result.output.isEmpty)
    try GoldenText.expect(scene.plain(result.messages), equals: "errors/repository-unmounted")
    #expect(try FileManager.default.contentsOfDirectory(atPath: "\(runner.directory)/disk") == [])
  }
}
