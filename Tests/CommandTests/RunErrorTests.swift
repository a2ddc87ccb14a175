import Foundation
import Testing

@testable import BackupCommands

/// Schedules that are wrong: refused as a whole, before anything is started or written.
@Suite struct RunErrorTests {
  private static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path
  /// The samples of mistakes that are shipped; a directory that can't be read has none, which another test notices.
  private static let samples: [String] = {
    let names = try? FileManager.default.contentsOfDirectory(atPath: "\(package)/schedules/invalid")
    return (names ?? []).filter { $0.hasSuffix(".yaml") }.sorted()
  }()

  private let scene: RepositoryScene
  private let runner: CommandRunner

  init() async throws {
    scene = try await RepositoryScene()
    runner = scene.runner
  }

  private func refusal(_ schedule: String, sourceLocation: SourceLocation = #_sourceLocation) async throws -> String {
    let before = try RepositoryScene.listing(of: runner.directory)
    let result = await runner.run("run", schedule, "--scratch", runner.directory)
    #expect(result.code == 64 && result.output.isEmpty, "\(result.code)", sourceLocation: sourceLocation)
    #expect(
      try RepositoryScene.listing(of: runner.directory) == before, "nothing was written",
      sourceLocation: sourceLocation)
    return result.messages
  }

  private func write(_ text: String) throws -> String {
    let path = "\(runner.directory)/weekly.yaml"
    try Data(text.replacingOccurrences(of: "DIR", with: runner.directory).utf8).write(to: URL(fileURLWithPath: path))
    return path
  }

  @Test func hasSamples() { #expect(Self.samples.count >= 25) }

  @Test(arguments: samples) func refusesEachShippedMistakeWithFileLineAndNearestName(sample: String) async throws {
    let path = "\(Self.package)/schedules/invalid/\(sample)"
    let expected = try String(
      contentsOfFile: String(path.dropLast(".yaml".count)) + ".expected", encoding: .utf8)
    let messages = try await refusal(path)
    #expect(messages.replacingOccurrences(of: "\(Self.package)/", with: "") == expected)
  }

  @Test(arguments: [
    ("run-unknown-tree", "trees: [{name: src, path: DIR/source}]\njobs:\n  a: {kind: archive, trees: [src, scr]}\n"),
    ("run-no-trees", "jobs:\n  a: {kind: archive}\n"),
    ("run-verify-of-nothing", "jobs:\n  a: {kind: verify}\n"),
    ("run-drill-count", "jobs:\n  a: {kind: archive, trees: []}\n  b: {kind: drill, of: a, count: 0}\n"),
    (
      "run-drill-pick",
      "trees: [{name: src, path: DIR/source}]\n"
        + "jobs:\n  a: {kind: archive, trees: src}\n  b: {kind: drill, of: a, pick: least-recently-driled}\n"
    ),
    (
      "run-drill-probe",
      "trees: [{name: src, path: DIR/source}]\n"
        + "jobs:\n  a: {kind: archive, trees: src}\n  b: {kind: drill, of: a, probes: [sqlite, postgre]}\n"
    ),
    (
      "run-drill-pool",
      "trees: [{name: src, path: DIR/source}]\n"
        + "jobs:\n  a: {kind: archive, trees: src}\n  b: {kind: drill, of: a, scratch-pool: data}\n"
    ),
    (
      "run-sample",
      "trees: [{name: src, path: DIR/source}]\n"
        + "jobs:\n  a: {kind: archive, trees: src}\n  b: {kind: verify, of: a, sample: 200%}\n"
    ),
  ]) func refusesWhatOnlyTheKindOfAJobKnowsToBeWrong(golden: String, text: String) async throws {
    let messages = try await refusal(try write(text))
    try GoldenText.expect(scene.plain(messages), equals: "errors/\(golden)")
  }

  @Test func namesTheScheduleThatIsMissing() async throws {
    let messages = try await refusal("\(runner.directory)/weekly.yaml")
    try GoldenText.expect(scene.plain(messages), equals: "errors/run-no-schedule")
  }

  @Test func refusesADirectoryInTheSchedulesPlace() async throws {
    let messages = try await refusal(scene.tree.path)
    #expect(
      scene.plain(messages).hasPrefix("error: cannot read the schedule DIR/source: Is a directory\n"), "\(messages)")
  }

  @Test func refusesBytesThatAreNoText() async throws {
    let path = try write("")
    try Data([0xFF, 0xFE, 0x00, 0x80]).write(to: URL(fileURLWithPath: path))
    #expect(scene.plain(try await refusal(path)).hasPrefix("error: cannot read DIR/weekly.yaml"))
  }
}
