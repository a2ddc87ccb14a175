import BackupModel
import GRDB
import Testing

@testable import BackupCatalog

@Suite struct JournalTests {
  private let scene: CatalogScene
  private let runs: RunJournal
  private let run: RunID
  private let first = TaskName(job: "nfs", subject: "tree/nfs/0")
  private let second = TaskName(job: "nfs", subject: "tree/nfs/1")

  init() throws {
    scene = try CatalogScene()
    runs = try scene.open().runs
    run = try runs.begin(.sample()).id
  }

  @Test func keepsTheStepsInTheirOrder() throws {
    try runs.record(
      [
        .init(at: .zero, .jobExpanding(job: "nfs")),
        .init(at: .milliseconds(5), .jobExpanded(job: "nfs", tasks: .sample(2))),
      ], of: run)
    try runs.record([.init(at: .milliseconds(7), .taskStarting(first, attempt: 1))], of: run)
    try runs.record(
      [
        .init(at: .seconds(2), .taskRetrying(first, nextAttempt: 2, after: .seconds(60), message: "busy")),
        .init(at: .seconds(62), .taskStarting(first, attempt: 2)),
        .init(at: .seconds(70), .cancelRequested), .init(at: .seconds(70), .taskStopping(first, cause: "interrupted")),
        .init(at: .seconds(71), .taskEnded(first, .init(.cancelled, attempts: 2, duration: .seconds(71)))),
        .init(at: .seconds(71), .jobEnded(job: "nfs", .cancelled, message: "")),
        .init(at: .seconds(72), .remark("SIGTERM came")),
      ], of: run)
    let steps = try runs.steps(of: run)
    #expect(steps.map(\.sequence) == Array(1...10))
    #expect(
      steps.map(\.kind) == [
        .jobExpanding, .jobExpanded, .taskStarting, .taskRetrying, .taskStarting, .cancelRequested, .taskStopping,
        .taskEnded, .jobEnded, .remark,
      ])
    #expect(Set(steps.map(\.kind)) == Set(StepRecord.Kind.allCases))
    #expect(steps[1].elapsed == .milliseconds(5))
    #expect(steps[1].content == .init(job: "nfs", tasks: 2))
    #expect(
      steps[3].content
        == .init(job: "nfs", subject: "tree/nfs/0", attempt: 2, waitMilliseconds: 60_000, message: "busy"))
    #expect(steps[7].content == .init(job: "nfs", subject: "tree/nfs/0", attempt: 2, state: .cancelled))
    #expect(steps[9].content.message == "SIGTERM came")
    #expect(steps[7].summary == "task ended: nfs tree/nfs/0")
  }

  @Test func keepsHowTasksStandAndEnded() throws {
    try runs.record([.jobExpanding(job: "nfs")], of: run)
    #expect(try runs.jobs(of: run).map(\.state) == [.expanding, .waiting])
    try runs.record([.jobExpanded(job: "nfs", tasks: .sample(2)), .taskStarting(second, attempt: 1)], of: run)
    scene.clock.advance(seconds: 5)
    try runs.record([.taskRetrying(second, nextAttempt: 2, after: .zero, message: "first try")], of: run)
    #expect(try runs.jobs(of: run).first?.tasks.map(\.state) == [.waiting, .waiting])
    try runs.record([.taskStarting(second, attempt: 2)], of: run)
    scene.clock.advance(seconds: 5)
    let outcome = JournalEntry.TaskOutcome(
      .degraded, attempts: 2, duration: .milliseconds(10_250), message: "1 file changed “while” read",
      details: ["a/b: changed", "…"], results: ["point": "20261122T050000Z", "": ""])
    let unplanned = TaskName(job: "nfs", subject: "tree/nfs/left-out")
    try runs.record(
      [
        .taskEnded(second, outcome),
        .taskEnded(unplanned, .init(.skipped, attempts: 0, duration: .zero, message: "archive failed")),
        .jobEnded(job: "nfs", .degraded, message: "left out 1"), .jobEnded(job: "late", .skipped, message: ""),
      ], of: run)

    let jobs = try runs.jobs(of: run)
    #expect(jobs.map(\.name) == ["nfs", "verify", "late"])
    #expect(jobs.map(\.state) == [.degraded, .waiting, .skipped])
    #expect(jobs[0].message == "left out 1")
    #expect(jobs[0].tasks.map(\.name.subject) == ["tree/nfs/0", "tree/nfs/1", "tree/nfs/left-out"])
    let task = jobs[0].tasks[1]
    #expect(task.state == .degraded)
    #expect(task.attempts == 2)
    #expect(task.duration == .milliseconds(10_250))
    #expect(task.begun == Timestamp(parsing: "2026-11-22T05:00:00Z"))
    #expect(task.ended == Timestamp(parsing: "2026-11-22T05:00:10Z"))
    #expect(task.message == outcome.message)
    #expect(task.details == outcome.details)
    #expect(task.results == outcome.results)
    #expect(task.parameters == ["depth": "1"])
    #expect(jobs[0].tasks[2].state == .skipped)
    #expect(jobs[0].tasks[2].begun == nil)
  }

  @Test(arguments: RecordedState.allCases)
  func keepsEveryState(state: RecordedState) throws {
    try runs.record(
      [.taskEnded(first, .init(state, attempts: 1, duration: .zero)), .jobEnded(job: "nfs", state, message: "")],
      of: run)
    let job = try #require(try runs.jobs(of: run).first)
    #expect(job.state == state)
    #expect(job.tasks.map(\.state) == [state])
  }

  @Test func recordsAllEntriesOrNone() throws {
    try runs.database.write(toDo: "prepare") { database in
      try database.execute(
        sql: """
          CREATE TRIGGER refuse BEFORE INSERT ON step WHEN new.sequence = 3
          BEGIN SELECT raise(ABORT, 'no third step'); END
          """)
    }
    let refused = try failure {
      try runs.record(
        [.jobExpanding(job: "nfs"), .jobExpanded(job: "nfs", tasks: .sample(2)), .cancelRequested], of: run)
    }
    #expect(refused.message.hasPrefix("cannot record a step of run \(run) in the catalog in "))
    #expect(refused.message.hasSuffix(": no third step"))
    #expect(try runs.steps(of: run).isEmpty)
    #expect(try runs.jobs(of: run).allSatisfy { $0.state == .waiting && $0.tasks.isEmpty })
  }

  @Test func refusesStepsOfARunThatIsNotThere() throws {
    let missing = try failure {
      try runs.record([.cancelRequested], of: RunID(schedule: "gone", begun: .init(seconds: 0)))
    }
    #expect(missing.code == .noSuchRun)
  }

  @Test func recordsInACancelledTask() async throws {
    let (runs, run) = (runs, run)
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      try runs.record([.cancelRequested], of: run)
    }
    task.cancel()
    try await task.value
    #expect(try runs.steps(of: run).map(\.kind) == [.cancelRequested])
  }
}
