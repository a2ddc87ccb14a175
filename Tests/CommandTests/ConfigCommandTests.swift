import Foundation
import Testing

@testable import BackupCommands

@Suite struct ConfigCommandTests {
  private let runner: CommandRunner

  init() async throws {
    runner = try CommandRunner()
    _ = await runner.run("init", runner.repository)
    runner.variables = ["BACKUPCTL_CONFIG": "\(runner.directory)/config.yaml"]
    for name in ["tree", "nfs/immich", "nfs/vaultwarden"] { _ = try TestTree("\(runner.directory)/\(name)") }
  }

  private func write(_ text: String) throws {
    let config = text.replacingOccurrences(of: "DIR", with: runner.directory)
    try Data(config.utf8).write(to: URL(fileURLWithPath: "\(runner.directory)/config.yaml"))
  }

  private func normalized(_ text: String) -> String { text.replacingOccurrences(of: runner.directory, with: "DIR") }

  private static let whole = """
    repository: {path: DIR/repository}
    trees:
      - name: tree
        path: DIR/tree
        exclude:
          - {pattern: "*.swp", reason: "editor leftovers"}
      - name: nfs
        path: DIR/nfs
        each-child: true
        exclude-children:
          - {name: vaultwarden, reason: "has its own job"}
    streams:
      - {name: databases, command: [pg_dumpall, --clean], file: all.sql, environment: {PGUSER: backup}, maximum-age: 36h}
    limits: {threads: 2, io-pressure: 40%}
    maximum-age: 8d
    metrics: {pushgateway: {url: "http://push:9091"}}
    notifications:
      - {name: phone, ntfy: {url: "https://ntfy.sh/x"}}
      - {name: dead-man, ping: {url: "https://hc/1"}}
    """

  @Test func findsNothingWrongWithARightConfiguration() async throws {
    try write(Self.whole)
    let result = await runner.run("config", "check")
    #expect(result.code == 0 && result.messages.isEmpty)
    #expect(
      normalized(result.output)
        == "the configuration is right: 2 trees, 1 streams, 4 sources, repository DIR/repository\n")
    let json = await runner.run("config", "check", "--json")
    #expect(json.code == 0 && json.output.contains(#""sources" : 4"#))
  }

  @Test func namesFileAndLineOfTheFirstMistake() async throws {
    try write(Self.whole.replacingOccurrences(of: "exclude:", with: "exclud:"))
    let result = await runner.run("config", "check")
    #expect(result.code == 64 && result.output.isEmpty)
    try GoldenText.expect(normalized(result.messages), equals: "errors/config-unknown-key")
  }

  @Test func reportsEverythingThatIsNotThere() async throws {
    try Data().write(to: URL(fileURLWithPath: "\(runner.directory)/file"))
    try write(
      """
      repository: {path: DIR/nowhere}
      trees:
        - {name: etc, path: DIR/missing}
        - {name: file, path: DIR/file}
      streams:
        - {name: none, command: [DIR/program]}
        - {name: plain, command: [DIR/file, --all]}
        - {name: later, command: [looked-for-when-started]}
      schedules: DIR/schedules
      plugins: [DIR/file]
      metrics: {textfile: DIR/metrics/backupctl.prom, pushgateway: {url: "http://h", header-file: DIR/headers}}
      notifications:
        - {name: chat, webhook: {url: "http://h", header-file: DIR/file}}
        - {name: told, command: [DIR/tell]}
      coverage: {roots: [DIR/srv]}
      """)
    let permissions: [FileAttributeKey: Any] = [.posixPermissions: 0o640]
    try FileManager.default.setAttributes(permissions, ofItemAtPath: "\(runner.directory)/file")
    let result = await runner.run("config", "check")
    #expect(result.code == 64 && result.output.isEmpty)
    try GoldenText.expect(normalized(result.messages), equals: "errors/config-missing")
  }

  @Test func refusesAnotherRepositoryThanTheDeclaredOne() async throws {
    try write("repository: {path: DIR/repository, id: 6f1c1f0e-2a5b-4c7d-9e8f-0a1b2c3d4e5f}")
    let result = await runner.run("config", "check")
    #expect(result.code == 64 && result.messages.contains(", not 6f1c1f0e-2a5b-4c7d-9e8f-0a1b2c3d4e5f"))
  }

  @Test func showsEveryDefaultAndWhatItShowsShowsTheSame() async throws {
    try write(Self.whole)
    let shown = await runner.run("config", "show")
    #expect(shown.code == 0)
    try GoldenText.expect(normalized(shown.output), equals: "config-show")
    try GoldenText.expect(
      normalized(await runner.run("config", "show", "--json").output), equals: "config-show-json")
    try write(shown.output)
    #expect(await runner.run("config", "show").output == shown.output)
  }

  @Test func saysWhereAConfigurationIsLookedFor() async throws {
    let result = await runner.run("config", "show", "--config", "/does/not/exist.yaml")
    #expect(result.code == 64)
    #expect(result.messages.hasPrefix("error: cannot read the configuration /does/not/exist.yaml: No such file"))
  }

  @Test func diffLeavesOutWhatTheConfigurationExcludes() async throws {
    try write(Self.whole)
    let tree = try TestTree("\(runner.directory)/tree")
    try tree.file("old")
    #expect(await runner.run("archive", "tree").code == 0)
    try tree.file("left.swp")
    try tree.file("new")
    let lines = await runner.run("diff", "tree").lines
    #expect(lines.contains("+ new") && !lines.contains("+ left.swp"))
    let nfs = try TestTree("\(runner.directory)/nfs")
    for name in ["immich/a", "vaultwarden/a", "loose"] { try nfs.file(name) }
    #expect(await runner.run("archive", "nfs").code == 0)
    let loose = await runner.run("diff", "nfs/_files")
    #expect(loose.code == 0 && loose.output.isEmpty)
  }
}
