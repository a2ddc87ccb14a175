import BackupModel
import BackupPolicy
import Foundation
import HostSystem
import JobEngine
import Testing

@testable import BackupEngine

/// Commands around tasks, in schedules whose tasks are streams and so make real points.
@Suite struct HookTests {
  private let scene: ScheduleScene

  init() throws { scene = try ScheduleScene() }

  /// A hook that adds a line to the file `log`.
  private func note(_ word: String, then more: String = "true") -> String {
    "[sh, -c, 'echo \"\(word) $BACKUPCTL_JOB $BACKUPCTL_SOURCE $BACKUPCTL_RUN ${BACKUPCTL_RESULT-}${BACKUPCTL_POINT+ point}\" "
      + ">> \(scene.directory)/log; \(more)']"
  }

  private func run(
    command: String = "echo content", hooks: String, more: String = ""
  ) async throws -> TaskSummary<SourceID> {
    try await scene.task(
      "  a:\n    kind: archive\n    streams: s\n\(more)    hooks:\n\(hooks)",
      streams: "streams: [{name: s, command: [sh, -c, '\(command)']}]")
  }

  private func log() throws -> [String] {
    try scene.text("log").split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
  }

  @Test func runsAllInOrderAndTellsThemWhatTheyAreAbout() async throws {
    let task = try await run(
      command: "echo body >> \(scene.directory)/log; echo content",
      hooks:
        "      before: [\(note("one")), \(note("two"))]\n      after: \(note("three"))\n      finally: \(note("four"))")
    #expect(task.state == .succeeded)
    #expect(
      try log() == [
        "one a stream/s run-7", "two a stream/s run-7", "body", "three a stream/s run-7 succeeded point",
        "four a stream/s run-7 succeeded point",
      ])
  }

  @Test func doesNotBeginTheTaskWhenBeforeFails() async throws {
    let task = try await run(
      hooks:
        "      before: [\(note("one", then: "echo busy >&2; exit 4")), \(note("two"))]\n      after: \(note("three"))\n"
        + "      finally: \(note("four"))")
    #expect(task.state == .failed)
    #expect(task.message.hasPrefix("the hook `before` failed: sh -c ") && task.message.hasSuffix(" ended with code 4"))
    #expect(task.details == ["busy"])
    #expect(try log() == ["one a stream/s run-7", "four a stream/s run-7 failed"])
    #expect(try scene.points(of: "s") == 0)
  }

  @Test func triesAgainWithItsHooksWhenBeforeFails() async throws {
    let task = try await run(
      hooks: "      before: \(note("one", then: "test $(wc -l < \(scene.directory)/log) -gt 2"))\n"
        + "      finally: \(note("four"))", more: "    retry: {attempts: 2, backoff: 0s}\n")
    #expect(task.state == .succeeded && task.attempts == 2)
    #expect(
      try log() == [
        "one a stream/s run-7", "four a stream/s run-7 failed", "one a stream/s run-7",
        "four a stream/s run-7 succeeded point",
      ])
  }

  @Test func degradesTheTaskWhenAfterFailsAndKeepsItsPoint() async throws {
    let task = try await run(
      hooks: "      after: [\(note("three", then: "exit 1")), \(note("more"))]\n      finally: \(note("four"))")
    #expect(task.state == .degraded && task.message.contains("; the hook `after` failed: sh"))
    #expect(task.results["point"] != nil)
    #expect(try log().map { $0.prefix(5) } == ["three", "four "])
    #expect(try log().last == "four a stream/s run-7 degraded point")
    #expect(try scene.points(of: "s") == 1)
  }

  @Test func degradesTheTaskWhenFinallyFailsAndRunsTheRestOfIt() async throws {
    let task = try await run(hooks: "      finally: [\(note("one", then: "exit 1")), \(note("two"))]")
    #expect(task.state == .degraded && task.message.contains("; the hook `finally` failed: sh"))
    #expect(try log().count == 2)
  }

  @Test func runsFinallyAfterAFailureAndReportsBoth() async throws {
    let task = try await run(
      command: "exit 7", hooks: "      after: \(note("three"))\n      finally: \(note("four", then: "exit 1"))")
    #expect(task.state == .failed && task.message == "cannot archive stream/s: sh ended with code 7")
    #expect(task.details.contains { $0.hasPrefix("the hook `finally` failed: sh") })
    #expect(try log() == ["four a stream/s run-7 failed"])
  }

  @Test func failsAHookThatTakesTooLong() async throws {
    let task = try await run(hooks: "      before: [sleep, '600']\n      timeout: 1s")
    #expect(task.state == .failed)
    #expect(task.message.contains("it took longer than 1.0 s and was stopped"), "\(task.message)")
  }

  @Test func failsAHookThatDoesNotExist() async throws {
    let task = try await run(hooks: "      before: [backupctl-no-such-program]")
    #expect(task.state == .failed)
    #expect(task.message.hasPrefix("the hook `before` failed: cannot run backupctl-no-such-program: "))
  }

  // MARK: - Being cancelled

  private func cancelled(command: String, hooks: String) async throws -> RunSummary<SourceID> {
    try makeFIFO("ready", in: scene.directory)
    let prepared = try await scene.prepare(
      "  a:\n    kind: archive\n    streams: s\n    hooks:\n\(hooks)",
      streams: "streams: [{name: s, command: [sh, -c, '\(command)']}]")
    let running = Task { try await prepared.run(observer: RecordingObserver()) }
    _ = try await awaitLine(of: "ready", in: scene.directory)
    running.cancel()
    return try await running.value
  }

  @Test func runsFinallyWhenItIsCancelledInBefore() async throws {
    let summary = try await cancelled(
      command: "echo body >> \(scene.directory)/log",
      hooks: "      before: \(note("one", then: "echo > \(scene.directory)/ready; exec sleep 600"))\n"
        + "      finally: \(note("four", then: "sleep 0.2; echo late >> \(scene.directory)/log"))")
    #expect(summary.result == .interrupted && summary.tasks.first?.state == .cancelled)
    #expect(try log() == ["one a stream/s run-7", "four a stream/s run-7 cancelled", "late"])
  }

  @Test func runsFinallyWhenItIsCancelledInTheTask() async throws {
    let summary = try await cancelled(
      command: "echo > \(scene.directory)/ready; exec sleep 600",
      hooks: "      before: \(note("one"))\n      after: \(note("three"))\n      finally: "
        + note("four", then: "sleep 0.2; echo late >> \(scene.directory)/log"))
    #expect(summary.tasks.first?.state == .cancelled)
    #expect(
      try log() == ["one a stream/s run-7", "four a stream/s run-7 cancelled", "late"],
      "what stops the task doesn't stop it")
    #expect(try scene.points(of: "s") == 0)
  }

  @Test func keepsThePointWhenItIsCancelledInAfter() async throws {
    let summary = try await cancelled(
      command: "echo content",
      hooks: "      after: \(note("three", then: "echo > \(scene.directory)/ready; exec sleep 600"))\n"
        + "      finally: \(note("four"))")
    let task = try #require(summary.tasks.first)
    #expect(task.state == .degraded && task.message.hasSuffix("; the hook `after` was stopped"))
    #expect(try log().last == "four a stream/s run-7 degraded point")
    #expect(try scene.points(of: "s") == 1)
  }
}
