import BackupCatalog
import BackupEngine
import BackupModel
import Foundation
import HostSystem
import Testing

@testable import BackupCommands

/// What runs leave in the journal, and what commands make of it.
@Suite struct RunJournalTests {
  private let runner: CommandRunner
  private let tree: TestTree

  init() async throws {
    runner = try CommandRunner()
    tree = try TestTree("\(runner.directory)/source")
    try tree.file("a", "first\n")
    try #require(await runner.run("init", runner.repository).code == 0)
    try FileManager.default.createDirectory(
      atPath: "\(runner.directory)/schedules", withIntermediateDirectories: true)
    runner.variables["BACKUPCTL_CONFIG"] = "\(runner.directory)/config.yaml"
    runner.variables["BACKUPCTL_REPOSITORY"] = nil
    try write(
      """
      repository: {path: DIR/repository}
      schedules: DIR/schedules
      maximum-age: 8d
      trees:
        - {name: src, path: DIR/source}
        - {name: gone, path: DIR/gone}
      metrics: {textfile: DIR/backupctl.prom}
      coverage: {roots: [DIR/srv]}
      """, to: "config.yaml")
    try write(
      "jobs:\n  keep: {kind: archive, trees: src}\n  look: {kind: verify, of: keep}\n", to: "schedules/well.yaml")
    try write(
      "jobs:\n  keep: {kind: archive, trees: [src, gone]}\n  look: {kind: verify, of: keep}\n", to: "schedules/ill.yaml"
    )
  }

  private func write(_ text: String, to name: String) throws {
    try Data(text.replacingOccurrences(of: "DIR", with: runner.directory).utf8)
      .write(to: URL(fileURLWithPath: "\(runner.directory)/\(name)"))
  }

  private func read(_ name: String) throws -> String {
    try String(contentsOfFile: "\(runner.directory)/\(name)", encoding: .utf8)
  }

  /// A part of what a command printed as JSON.
  private func json(_ result: CommandRunner.Result) throws -> Any {
    try JSONSerialization.jsonObject(with: Data(result.bytes))
  }

  // MARK: - Runs

  @Test func listsAndShowsRunsByTheirBeginningAndByTheirSchedule() async throws {
    #expect(await runner.run("run", "well", "-q").code == 0)
    runner.clock.advance(seconds: 60)
    #expect(await runner.run("run", "ill", "-q").code == 1)
    let listed = await runner.run("runs")
    try GoldenText.expect(listed.output, equals: "runs-list")
    #expect(await runner.run("runs", "list", "well").lines.count == 2)
    let shown = await runner.run("runs", "show", "well")
    #expect(shown.output.contains("run well-20261122T050000Z of well"))
    #expect(shown.output.contains("keep  tree/src  succeeded"))
    #expect(await runner.run("runs", "show", "well-2026").output == shown.output)
    let steps = await runner.run("runs", "show", "ill", "--steps")
    #expect(steps.output.contains("task ended: keep tree/gone"))
  }

  @Test func namesTheNearestRunIfThereIsNoneOfThatName() async throws {
    #expect(await runner.run("runs", "show", "well").code == 64)
    #expect(await runner.run("run", "well", "-q").code == 0)
    let missing = await runner.run("runs", "show", "wel-2026")
    #expect(missing.code != 0)
    #expect(missing.messages.contains("well"))
  }

  @Test func refusesASecondRunOfTheSameScheduleAndSaysWhoHoldsIt() async throws {
    #expect(await runner.run("run", "well", "-q").code == 0)
    let lock = try ScheduleLock(
      of: "well", in: PathBytes(path: "\(runner.directory)/state"), holder: "pid 7: the other")
    let second = await runner.run("run", "well")
    #expect(second.code == 11)
    #expect(second.messages.contains("held by pid 7: the other"))
    #expect(second.messages.contains("backupctl runs show well"))
    #expect(await runner.run("run", "ill", "-q").code == 1, "another schedule isn't held")
    withExtendedLifetime(lock) {}
    #expect(await runner.run("runs", "list", "well").lines.count == 2, "the refused run isn't in the journal")
  }

  @Test func resumesAFailedRunWithWhatItDidNotDo() async throws {
    #expect(await runner.run("run", "ill", "-q").code == 1)
    try TestTree("\(runner.directory)/gone").file("b", "second\n")
    runner.clock.advance(seconds: 60)
    let resumed = await runner.run("run", "ill", "--resume", "--json")
    #expect(resumed.code == 0, "\(resumed.messages)")
    #expect(resumed.output.contains("done by the run resumed"))
    #expect(await runner.run("points", "src").lines.count == 2, "the point that was made before is the only one")
    let again = await runner.run("run", "ill", "--resume")
    #expect(again.code == 0)
    #expect(again.messages.contains("nothing to resume"))
  }

  @Test func saysThatThereIsNoRunToResume() async throws {
    let result = await runner.run("run", "well", "--resume")
    #expect(result.code == 64)
    #expect(result.messages.contains("there was no run of well"))
    #expect(result.messages.contains("hint: begin one with `backupctl run well`"))
  }

  @Test(arguments: [[UInt8](repeating: 0x5A, count: 40_000), []])
  func movesADamagedCatalogAsideAndFillsTheNewOneFromTheRepository(content: [UInt8]) async throws {
    #expect(await runner.run("run", "well", "-q").code == 0)
    try Data(content).write(to: URL(fileURLWithPath: "\(runner.directory)/state/catalog.sqlite"))
    runner.clock.advance(seconds: 86_400)
    let result = await runner.run("run", "ill", "-q")
    #expect(result.code == 1)
    #expect(result.messages.contains("warning: "))
    let files = try FileManager.default.contentsOfDirectory(atPath: "\(runner.directory)/state")
    #expect(files.contains { $0.hasPrefix("catalog.sqlite.damaged-") })
    #expect(await runner.run("points", "src").lines.count == 3, "no point is lost with it")
  }

  // MARK: - Pause

  @Test func startsNothingWhilePausedAndGoesOnAfterwards() async throws {
    let paused = await runner.run("pause", "--for", "2h", "--because", "the pool is being repaired")
    #expect(paused.code == 0)
    let refused = await runner.run("run", "well")
    #expect(refused.code == 0)
    #expect(refused.messages.contains("paused until 2026-11-22T07:00:00Z"))
    #expect(refused.messages.contains("the pool is being repaired"))
    #expect(await !runner.run("points").output.contains("src"))
    #expect(await runner.run("run", "well", "-q", "--even-if-paused").code == 0)
    runner.clock.advance(seconds: 7200)
    #expect(await runner.run("run", "well", "-q").messages.isEmpty, "a pause ends by itself")
    #expect(await runner.run("unpause").output == "there was no pause\n")
  }

  @Test(arguments: [["--for", "soon"], ["--for", "0s"], ["--for", "31d"]])
  func refusesAPauseWithoutASensibleLength(length: [String]) async throws {
    #expect(await runner.run(["pause", "--because", "x"] + length).code == 64)
    #expect(await runner.run("pause", "--for", "1h", "--because", " ").code == 64)
  }

  // MARK: - Status

  @Test func showsTheSameStateInStatusJSONMetricsAndExitCode() async throws {
    #expect(await runner.run("run", "ill", "-q").code == 1)
    let status = await runner.run("status")
    let document = try #require(try json(await runner.run("status", "--json")) as? [String: Any])
    #expect(document["exitStatus"] as? Int32 == status.code)
    #expect(status.output.hasPrefix("\(document["host"] ?? ""): \(document["verdict"] ?? "")\n"))
    let sources = try #require(document["sources"] as? [[String: Any]])
    let states = Dictionary(
      uniqueKeysWithValues: sources.map { ($0["source"] as? String ?? "", $0["state"] as? String ?? "") })
    #expect(states == ["tree/src": "ok", "tree/gone": "failing"])
    let metrics = try read("backupctl.prom")
    for (source, state) in states {
      #expect(metrics.contains("backupctl_source_state{source=\"\(source)\",state=\"\(state)\"} 1\n"))
    }
    #expect(metrics.contains("backupctl_host_state{state=\"\(document["verdict"] ?? "")\"} 1\n"))
  }

  @Test func callsARunDeadEverywhereBeforeItsNextRunHasNotedIt() async throws {
    #expect(await runner.run("archive", "src", "-q").code == 0)
    let catalog = try Catalog.open(directory: "\(runner.directory)/state", clock: runner.clock)
    let gone = ProcessIdentity(pid: 4711, startTicks: .max, bootID: "of a boot that is over")
    let run = try catalog.runs.begin(
      RunStart(of: "well", from: "well.yaml", tool: "backupctl", host: "pve1", process: gone, jobs: ["keep", "look"]))
    try catalog.runs.record(
      [
        JournalEntry(at: .zero, .jobExpanded(job: "keep", tasks: [.init(subject: "tree/src", parameters: [:])])),
        JournalEntry(at: .zero, .taskStarting(TaskName(job: "keep", subject: "tree/src"), attempt: 1)),
      ], of: run.id)
    try catalog.close()
    #expect(await runner.run("status").output.contains("the last run was killed"))
    #expect(await runner.run("status").code == 1)
    for command in [["runs"], ["runs", "show", "well"], ["history", "src"], ["plan", "well"]] {
      for format in [[], ["--json"]] {
        let output = await runner.run(command + format).output
        #expect(output.contains("died"), "\(command + format)")
        #expect(!output.contains("running"), "\(command + format)")
      }
    }
  }

  @Test func missesTheObjectiveOfASourceThatWasNotBackedUpForTooLong() async throws {
    #expect(await runner.run("run", "well", "-q").code == 0)
    runner.clock.advance(seconds: 9 * 86_400)
    let status = await runner.run("status")
    #expect(status.code == 40)
    #expect(status.output.contains("tree/src"))
    #expect(status.output.contains("stale"))
  }

  @Test func reportsARepositoryThatIsNotThereInsteadOfFailing() async throws {
    #expect(await runner.run("run", "well", "-q").code == 0)
    try FileManager.default.removeItem(atPath: runner.repository)
    let status = await runner.run("status")
    #expect(status.output.contains("the repository is not there"))
    #expect(status.code == 1)
  }

  @Test func tellsTheWholeHistoryOfASource() async throws {
    #expect(await runner.run("run", "well", "-q").code == 0)
    let history = await runner.run("history", "src")
    #expect(history.code == 0)
    for what in ["point 20261122T050000Z", "verify", "task keep", "task look"] {
      #expect(history.output.contains(what), "\(what)")
    }
    #expect(await runner.run("history", "scr").messages.contains("did you mean `src`?"))
  }

  // MARK: - Coverage

  @Test func findsWhatNothingProtects() async throws {
    for name in ["immich", "vaultwarden", "scratch"] { try TestTree("\(runner.directory)/srv/\(name)").file("x") }
    try write(
      """
      repository: {path: DIR/repository}
      trees: [{name: nfs, path: DIR/srv/immich}]
      coverage: {roots: [DIR/srv], exclude: [{path: DIR/srv/scratch, reason: "ring buffers"}]}
      """, to: "config.yaml")
    let coverage = await runner.run("coverage")
    #expect(coverage.code == 3)
    #expect(
      coverage.output.replacingOccurrences(of: runner.directory, with: "DIR").split(separator: "\n").map {
        $0.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
      } == [
        "PATH STATE BY", "DIR/srv/immich protected tree/nfs", "DIR/srv/scratch excluded ring buffers",
        "DIR/srv/vaultwarden uncovered -",
      ])
    try FileManager.default.removeItem(atPath: "\(runner.directory)/srv/vaultwarden")
    #expect(await runner.run("coverage").code == 0)
  }

  // MARK: - Plan

  @Test func plansWithoutDoingAnything() async throws {
    let plan = await runner.run("plan", "well")
    #expect(plan.code == 0)
    #expect(plan.output.contains("tree/src  (never done)"))
    #expect(!FileManager.default.fileExists(atPath: "\(runner.directory)/state"))
    #expect(await runner.run("run", "well", "-q").code == 0)
    #expect(await runner.run("plan", "well").output.contains("tree/src  (succeeded"))
    #expect(await runner.run("plan", "well", "--format", "mermaid").output.hasPrefix("flowchart TD\n"))
    #expect(await runner.run("plan", "well", "--format", "dot").output.hasPrefix("digraph"))
    let document = try #require(try json(await runner.run("plan", "well", "--json")) as? [String: Any])
    #expect((document["jobs"] as? [Any])?.count == 2)
    #expect(await runner.run("plan", "well", "--format", "svg").code == 64)
  }
}
