import BackupModel
import BackupPolicy
import BackupRepository
import Foundation
import HostSystem
import JobEngine
import Synchronization
import Testing

@testable import BackupEngine

/// A repository and a directory of plug-ins, and schedules that are run with them; removed at the end.
final class ScheduleScene: Sendable {
  let directory: String
  let repository: Repository
  var plugins: String { directory + "/kinds" }

  /// As the real program does: a plug-in that leaves its input unread must not end the process that writes it.
  private static let ignoresBrokenPipes: Void = { signal(SIGPIPE, SIG_IGN) }()

  init() throws {
    Self.ignoresBrokenPipes
    directory = NSTemporaryDirectory() + "backupctl-plugin-tests-\(UUID().uuidString)"
    for name in ["kinds", "scratch"] {
      try FileManager.default.createDirectory(
        atPath: "\(directory)/\(name)", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    }
    repository = try Repository.create(
      PathBytes(path: directory + "/repository"), id: UUID().uuidString.lowercased(),
      created: Timestamp(seconds: 1_800_000_000), tool: "tests")
  }

  deinit {
    // What can't be removed is left in the system's temporary directory.
    try? FileManager.default.removeItem(atPath: directory)
  }

  /// Writes an executable script.
  func script(_ path: String, _ text: String, mode: Int = 0o755) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
  }

  /// Writes a plug-in of the kind `test` in Python.
  ///
  /// - Parameters:
  ///   - expand: the body of the function that answers `expand`; it calls `say` for each event.
  ///   - run: the body of the one that answers `run`.
  ///   - describe: what `describe` prints, as a Python expression.
  func plugin(
    kind: String = "test", streams: Bool = false, expand: String? = nil, run: String = "done()",
    describe: String? = nil, mode: Int = 0o755
  ) throws {
    let description = describe ?? "dict(protocol=1, keys=['names', 'level'], streams=\(streams ? "True" : "False"))"
    let subject = streams ? "stream" : "tree"
    let expansion =
      expand ?? "result(tasks=[dict(subject='\(subject)/' + name, parameters={'n': name}) for name in spec['names']])"
    let text = """
      #!/usr/bin/env python3
      import json, os, signal, sys, time
      def say(event, **more):
          print(json.dumps(dict(event=event, **more)), flush=True)
      def result(**more):
          say('result', protocol=1, **more)
      def done(**more):
          result(grade='succeeded', **more)
      verb = sys.argv[1]
      if verb == 'describe':
          print(json.dumps(\(description)))
          sys.exit(0)
      given = json.load(sys.stdin)
      spec = given['specification']
      if verb == 'expand':
          \(expansion)
      else:
          \(run.replacingOccurrences(of: "\n", with: "\n    "))
      """
    try script("\(plugins)/backupctl-kind-\(kind)", text + "\n", mode: mode)
  }

  var registry: JobKindRegistry {
    // Among many other tests a program may have to wait long for its turn.
    get throws { try JobKindRegistry(pluginDirectories: [PathBytes(path: plugins)], patience: .seconds(600)) }
  }

  var scope: JobScope {
    var scope = JobScope(
      settings: ArchiveSettings(
        repository: repository, parameters: ArchiveParameters(), limits: Limits(), host: "host", tool: "tests",
        holder: "tests"),
      trees: [], clock: SystemClock(), scratchDirectory: PathBytes(path: directory + "/scratch"))
    scope.run = "run-7"
    return scope
  }

  /// Checks a schedule as `run` does.
  func prepare(
    _ jobs: String, streams: String = "", services: [ServiceDeclaration] = [], configuration: Configuration? = nil
  ) async throws -> ScheduleRun {
    let registry = try registry
    let text = "\(streams)\njobs:\n\(jobs)\n"
    let schedule = try Schedule.parse(text: text, file: "s.yaml", kinds: registry.keys)
    var scope = scope
    scope.streams = schedule.streams
    scope.services = services
    scope.configuration = configuration
    return try ScheduleRun(schedule, in: scope, kinds: try await registry.describing(schedule))
  }

  /// Runs a schedule to its end.
  func run(
    _ jobs: String, streams: String = "", _ observer: RecordingObserver = RecordingObserver()
  ) async throws -> RunSummary<SourceID> {
    try await prepare(jobs, streams: streams).run(observer: observer)
  }

  /// The only task of a run's first job.
  func task(_ jobs: String, streams: String = "") async throws -> TaskSummary<SourceID> {
    let summary = try await run(jobs, streams: streams)
    return try #require(summary.jobs.first?.tasks.first, "\(summary.jobs)")
  }

  /// The content of the file of a stream's newest point.
  func content(of stream: String, file: String = "content") throws -> String {
    let store = repository.store(try #require(SourceID(kind: .stream, name: stream)))
    let point = try store.point(try #require(try store.pointIDs().last))
    let chunks = try store.chunkReader(keepsTables: true)
    let entry = try #require(try IndexReader(root: point.index, chunks: chunks).entry(at: PathBytes(path: file)))
    var bytes: [UInt8] = []
    try FileContent(chunks).read(entry) { slice in
      bytes += slice
      return true
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  func points(of stream: String) throws -> Int {
    try repository.store(try #require(SourceID(kind: .stream, name: stream))).pointIDs().count
  }

  /// What the scratch directory holds: nothing, after a task.
  func scratch() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: directory + "/scratch") }

  func text(_ name: String) throws -> String {
    try String(contentsOfFile: "\(directory)/\(name)", encoding: .utf8)
  }

  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(directory)/\(name)") }
}

/// Keeps the remarks of a run's tasks.
final class RecordingObserver: RunObserver {
  private let remarks = Mutex<[TaskProgress]>([])
  var progress: [TaskProgress] { remarks.withLock { $0 } }

  func record(_ events: [RunEvent<SourceID>], at elapsed: Duration) async throws {}
  func note(_ progress: TaskProgress, of task: TaskID<SourceID>) { remarks.withLock { $0.append(progress) } }
}
