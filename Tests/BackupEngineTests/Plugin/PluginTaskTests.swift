import BackupModel
import Foundation
import JobEngine
import Testing

@testable import BackupEngine

/// What a plug-in that keeps the protocol can do.
@Suite struct PluginTaskTests {
  private let scene: ScheduleScene

  init() throws { scene = try ScheduleScene() }

  @Test func runsATaskForEachSubjectThatItNames() async throws {
    try scene.plugin(
      run: "done(message='did ' + given['parameters']['n'], details=['a', 'b'], results={'k': given['subject']})")
    let summary = try await scene.run("  a: {kind: test, names: [x, y/z]}")
    #expect(summary.result == .ok)
    #expect(summary.tasks.map(\.id.subject.description) == ["tree/x", "tree/y/z"])
    #expect(summary.tasks.map(\.message) == ["did x", "did y/z"])
    #expect(summary.tasks[0].details == ["a", "b"] && summary.tasks[0].results == ["k": "tree/x"])
  }

  @Test func tellsThePluginWhatItIsAbout() async throws {
    try scene.plugin(
      run: "done(message='|'.join(str(x) for x in [given['protocol'], given['job'], given['kind'], spec['level'], "
        + "given['attempt'], given['facts']['host'], given['facts']['run'], 'stream' in given]))")
    #expect(
      try await scene.task("  a: {kind: test, names: [x], level: 5}").message == "1|a|test|5|1|host|run-7|False")
  }

  @Test func handsTheResultsOfOtherJobsToItsExpansion() async throws {
    try scene.plugin(kind: "first", run: "done(results={'found': '42'})")
    try scene.plugin(
      expand:
        "result(tasks=[dict(subject=i['subject'], parameters={'t': i['job'] + i['state'] + i['results']['found']}) "
        + "for i in given['inputs']])",
      run: "done(message=given['parameters']['t'])")
    let summary = try await scene.run("  b: {kind: first, names: [x]}\n  a: {kind: test, of: b}")
    #expect(summary.tasks.last?.message == "bsucceeded42")
  }

  @Test func endsDegradedWhenThePluginSaysSo() async throws {
    try scene.plugin(run: "say('log', level='warning', message='odd')\nresult(grade='degraded', message='so so')")
    let task = try await scene.task("  a: {kind: test, names: [x]}")
    #expect(task.state == .degraded && task.message == "so so" && task.details == ["warning: odd"])
  }

  @Test func passesProgressAndRemarksOn() async throws {
    try scene.plugin(
      run: "say('progress', completed=3, total=9)\nsay('progress', activity='dumping')\n"
        + "say('log', level='info', message='half\\x1b[31m')\ndone()")
    let observer = RecordingObserver()
    _ = try await scene.run("  a: {kind: test, names: [x]}", observer)
    #expect(
      observer.progress == [
        .amount(completed: 3, total: 9), .activity("dumping"), .activity("half\\x1b[31m"),
      ], "control characters never reach a terminal")
  }

  @Test func triesAgainWhatEndsAsATemporaryFailure() async throws {
    try scene.plugin(
      run:
        "if given['attempt'] < 3:\n    say('log', level='error', message='not yet')\n    sys.exit(75)\ndone(message='now')"
    )
    let task = try await scene.task("  a: {kind: test, names: [x], retry: {attempts: 3, backoff: 0s}}")
    #expect(task.state == .succeeded && task.attempts == 3 && task.message == "now")
  }

  @Test func doesNotTryAgainWhatFailsForGood() async throws {
    try scene.plugin(run: "say('log', level='error', message='never')\nsys.exit(1)")
    let task = try await scene.task("  a: {kind: test, names: [x], retry: {attempts: 3, backoff: 0s}}")
    #expect(task.state == .failed && task.attempts == 1)
    #expect(task.message == "backupctl-kind-test run: never")
    #expect(task.details.contains("it ended with code 1"))
  }

  @Test func tellsTheLastWordsOfAPluginThatLoggedNothing() async throws {
    try scene.plugin(run: "sys.stderr.write('Traceback\\nKeyError: x\\n')\nsys.exit(2)")
    #expect(try await scene.task("  a: {kind: test, names: [x]}").message == "backupctl-kind-test run: KeyError: x")
  }

  @Test func ignoresAResultOfAPluginThatFails() async throws {
    try scene.plugin(run: "done(message='fine')\nsys.exit(1)")
    let task = try await scene.task("  a: {kind: test, names: [x]}")
    #expect(task.state == .failed && task.message == "backupctl-kind-test run: it ended with code 1")
  }

  // MARK: - Streams

  private static let writing = """
    with open(given['stream'], 'wb') as out:
        out.write(b'content of ' + given['subject'].encode())
    """

  @Test func archivesWhatIsWrittenIntoTheStream() async throws {
    try scene.plugin(
      streams: true, run: Self.writing + "\ndone(message='v15', results={'version': '15', 'point': 'no'})")
    let task = try await scene.task("  a: {kind: test, names: [pg/app]}")
    #expect(task.state == .succeeded, "\(task)")
    #expect(try scene.content(of: "pg/app") == "content of stream/pg/app")
    #expect(task.message.hasSuffix("; v15") && task.message.contains("24 B"))
    let source = try #require(SourceID(kind: .stream, name: "pg/app"))
    let point = try scene.repository.store(source).pointIDs().first
    #expect(task.results["version"] == "15")
    #expect(task.results["point"] == point?.description, "which point it is, the engine knows")
    #expect(try scene.scratch().isEmpty)
  }

  @Test func letsOtherJobsWorkOnThePoints() async throws {
    try scene.plugin(streams: true, run: Self.writing + "\ndone()")
    let summary = try await scene.run(
      "  a: {kind: test, names: [x, y]}\n  v: {kind: verify, of: a}\n  d: {kind: drill, of: a}")
    #expect(summary.result == .ok, "\(summary.tasks)")
    #expect(summary.tasks.count == 6)
  }

  @Test func namesTheContentAsTheTaskSays() async throws {
    try scene.plugin(
      streams: true,
      expand: "result(tasks=[dict(subject='stream/x', parameters={'file': 'x.sql', 'may-be-empty': 'true'})])",
      run: "done()")
    let task = try await scene.task("  a: {kind: test}")
    #expect(task.state == .succeeded, "an empty stream is fine where the task says so: \(task)")
    #expect(try scene.content(of: "x", file: "x.sql").isEmpty)
  }

  @Test func doubtsAStreamThatWasNeverOpened() async throws {
    try scene.plugin(streams: true)
    let task = try await scene.task("  a: {kind: test, names: [x]}")
    #expect(task.state == .degraded && task.message.contains("suspicious: the output is empty"))
  }

  @Test func makesNoPointOfAStreamWhosePluginFails() async throws {
    for end in ["sys.exit(1)", "sys.exit(75)", "os.kill(os.getpid(), 9)", "", "print('garbage')", "done()\ndone()"] {
      try scene.plugin(streams: true, run: Self.writing + "\n" + (end.isEmpty ? "pass" : end))
      let task = try await scene.task("  a: {kind: test, names: [x]}")
      #expect(task.state == .failed, "\(end): \(task)")
      #expect(try scene.points(of: "x") == 0, "\(end)")
      #expect(try scene.scratch().isEmpty, "\(end)")
    }
  }

  @Test func keepsWhatIsWrittenInSeveralOpenings() async throws {
    try scene.plugin(
      streams: true,
      run: "for part in b'one', b'two':\n    with open(given['stream'], 'wb') as out:\n        out.write(part)\ndone()")
    _ = try await scene.task("  a: {kind: test, names: [x]}")
    #expect(try scene.content(of: "x") == "onetwo")
  }
}
