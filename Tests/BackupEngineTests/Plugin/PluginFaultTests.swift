import BackupModel
import BackupPolicy
import Foundation
import HostSystem
import JobEngine
import Testing

@testable import BackupEngine

/// A plug-in that misbehaves fails its own task, with a clear message, and nothing else.
@Suite struct PluginFaultTests {
  private let scene: ScheduleScene

  init() throws { scene = try ScheduleScene() }

  /// What a plug-in's `run` does, and the message of its task.
  static let faults: [(run: String, message: String)] = [
    ("print('hello')", "it wrote a line that isn't a JSON object with an `event`"),
    ("print('[]')", "it wrote a line that isn't a JSON object with an `event`"),
    ("print('')", "it wrote a line that isn't a JSON object with an `event`"),
    ("print('{\"event\": 5}')", "it wrote a line that isn't a JSON object with an `event`"),
    ("print('{\"event\": \"result\"')", "it wrote a line that isn't a JSON object with an `event`"),
    ("sys.stdout.buffer.write(b'\\xff\\xfe{}\\n')", "it wrote a line that isn't UTF-8"),
    ("say('resolt')", "it wrote the unknown event `resolt`"),
    ("say('result', protocol=2, grade='succeeded')", "it answered in version 2 of the protocol; this is for version 1"),
    ("say('result', grade='succeeded')", "a value in its event `result` is missing or of the wrong type"),
    ("result(grade='perfect')", "a value in its event `result` is missing or of the wrong type"),
    ("result(grade='succeeded', results={'a': 1})", "a value in its event `result` is missing or of the wrong type"),
    ("result(grade='succeeded', message=7)", "a value in its event `result` is missing or of the wrong type"),
    ("say('progress', completed=-1)", "a value in its event `progress` is missing or of the wrong type"),
    ("say('log', level='loud', message='x')", "a value in its event `log` is missing or of the wrong type"),
    ("done()\ndone()", "it answered twice"),
    ("done()\nsay('progress', completed=1)", "it went on after its result"),
    ("pass", "it ended with code 0 without a result"),
  ]

  @Test(arguments: faults.indices) func failsTheTaskOfAPluginThatBreaksTheProtocol(number: Int) async throws {
    let (run, message) = Self.faults[number]
    try scene.plugin(run: run)
    let task = try await scene.task("  a: {kind: test, names: [x]}")
    #expect(task.state == .failed)
    #expect(task.message == "cannot use what backupctl-kind-test run says: \(message)")
  }

  @Test func failsTheTaskOfAPluginThatIsKilled() async throws {
    try scene.plugin(run: "os.kill(os.getpid(), signal.SIGSEGV)")
    let task = try await scene.task("  a: {kind: test, names: [x]}")
    #expect(task.state == .failed && task.message == "backupctl-kind-test run: it was killed by signal 11")
  }

  @Test(arguments: [
    ("print('x' * (1 << 20) + 'y')", "a line of it is longer than 1.0 MiB"),
    ("for i in range(30):\n    say('progress', activity='x' * 1000000)", "it is more than 16 MiB"),
    ("os.write(1, b'x' * 100)\nwhile True:\n    os.write(1, b'x' * 65536)", "a line of it is longer than"),
  ])
  func failsTheTaskOfAPluginThatPrintsMoreThanItMay(run: String, message: String) async throws {
    try scene.plugin(run: run)
    let task = try await scene.task("  a: {kind: test, names: [x]}")
    #expect(task.state == .failed)
    #expect(task.message.hasPrefix("backupctl-kind-test run: cannot use the output of a program: "))
    #expect(task.message.contains(message), "\(task.message)")
  }

  @Test func stopsAPluginThatHangs() async throws {
    try makeFIFO("ready", in: scene.directory)
    try scene.plugin(
      streams: true,
      run:
        "with open('\(scene.directory)/ready', 'w') as out:\n    out.write(str(os.getpid()))\nwhile True:\n    time.sleep(600)"
    )
    let prepared = try await scene.prepare("  a: {kind: test, names: [x]}")
    let running = Task { try await prepared.run(observer: RecordingObserver()) }
    let process = try await awaitLine(of: "ready", in: scene.directory)
    running.cancel()
    #expect(try await running.value.tasks.first?.state == .cancelled)
    #expect(try ToolProcess.run(["kill", "-0", process]).status != 0, "the plug-in is gone")
    #expect(try scene.points(of: "x") == 0)
    #expect(try scene.scratch().isEmpty)
  }

  @Test func leavesOtherJobsAlone() async throws {
    try scene.plugin(run: "print('garbage')")
    try scene.plugin(kind: "good")
    let summary = try await scene.run("  a: {kind: test, names: [x]}\n  b: {kind: good, names: [x]}")
    #expect(summary.tasks.map(\.state) == [.failed, .succeeded])
  }

  // MARK: - Expansion

  static let expansions: [(expand: String, message: String)] = [
    ("result(tasks=[dict(subject='nas')])", "`nas` is not the name of a source, such as stream/pg/app"),
    ("result(tasks=[dict(subject='tree/../x')])", "`tree/../x` is not the name of a source, such as stream/pg/app"),
    ("result(tasks=[dict(subject='tree/x'), dict(subject='tree/x')])", "`tree/x` is named twice"),
    ("result(tasks=[dict(subject='tree/x', expectedSeconds=-1)])", "a time of `tree/x` is not a number of seconds"),
    ("result(tasks=[dict(subject='tree/%d' % i) for i in range(10001)])", "there are 10001 of them, 10000 are allowed"),
  ]

  @Test(arguments: expansions.indices) func failsTheJobOfAPluginThatNamesWrongTasks(number: Int) async throws {
    let (expand, message) = Self.expansions[number]
    try scene.plugin(expand: expand)
    let job = try #require(try await scene.run("  a: {kind: test}").jobs.first)
    #expect(job.state == .failed)
    #expect(
      job.message == "cannot find its tasks: cannot use the tasks that backupctl-kind-test expand names: \(message)")
  }

  @Test func failsTheJobOfAStreamingPluginThatNamesSomethingElse() async throws {
    try scene.plugin(streams: true, expand: "result(tasks=[dict(subject='tree/x')])")
    #expect(try await scene.run("  a: {kind: test}").jobs.first?.message.hasSuffix("`tree/x` is not a stream") == true)
    try scene.plugin(streams: true, expand: "result(tasks=[dict(subject='stream/x', parameters={'file': '../x'})])")
    #expect(
      try await scene.run("  a: {kind: test}").jobs.first?.message
        .hasSuffix("the `file` of `stream/x` is not the name of one file") == true)
  }

  @Test func failsTheJobOfAPluginWhoseExpansionFails() async throws {
    try scene.plugin(expand: "say('log', level='error', message='no server'); sys.exit(1)")
    let job = try #require(try await scene.run("  a: {kind: test}").jobs.first)
    #expect(job.state == .failed && job.message == "cannot find its tasks: backupctl-kind-test expand: no server")
  }

  @Test func acceptsTenThousandTasks() async throws {
    try scene.plugin(expand: "result(tasks=[dict(subject='tree/%d' % i) for i in range(10000)])")
    let registry = try scene.registry
    let schedule = try Schedule.parse(text: "jobs: {a: {kind: test}}", file: "s.yaml", kinds: registry.keys)
    let body = try await registry.describing(schedule).body(of: schedule.jobs[0], in: scene.scope)
    #expect(try await body.expand([]).count == 10_000)
  }
}
