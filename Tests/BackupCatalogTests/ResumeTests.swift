import BackupModel
import Testing

@testable import BackupCatalog

@Suite struct ResumeTests {
  private let scene: CatalogScene
  private let runs: RunJournal
  init() throws {
    scene = try CatalogScene()
    runs = try scene.open().runs
  }

  /// A run whose task of each subject took that many seconds and ended so.
  private func run(
    of schedule: String = "weekly", resuming: RunID? = nil,
    _ ends: [(subject: String, state: RecordedState, seconds: Int)], attempts: Int = 1
  ) throws -> RunID {
    let id = try runs.begin(.sample(schedule, resuming: resuming)).id
    try runs.record(
      ends.map { subject, state, seconds -> JournalEntry.Step in
        .taskEnded(
          TaskName(job: "nfs", subject: subject),
          .init(state, attempts: attempts, duration: .seconds(seconds), results: ["of": id.description]))
      }, of: id)
    try runs.finish(id, as: .failed)
    return id
  }

  @Test func takesWhatIsUsableFromTheRunAndThoseThatItResumed() throws {
    let first = try run([("a", .succeeded, 1), ("b", .failed, 1), ("c", .timedOut, 1), ("d", .died, 1)])
    let second = try run(resuming: first, [("b", .degraded, 1), ("c", .failed, 1)])
    let third = try run(resuming: second, [("b", .succeeded, 1)])
    let usable = try runs.usableTasks(of: third)
    #expect(
      Dictionary(uniqueKeysWithValues: usable.map { ($0.name.subject, $0.results["of"]) }) == [
        "a": first.description, "b": third.description,
      ])
    #expect(try runs.usableTasks(of: first).map(\.name.subject) == ["a"])
  }

  @Test func takesWhatIsLeftWhenAnEarlierRunWasForgotten() throws {
    let gone = RunID(schedule: "weekly", begun: .init(seconds: 0))
    let second = try run(resuming: gone, [("b", .succeeded, 1)])
    #expect(try runs.usableTasks(of: second).map(\.name.subject) == ["b"])
  }

  @Test func estimatesByTheMedianOfTheLastFiveSuccesses() throws {
    for seconds in [1000, 1000, 9, 5, 7, 800, 6] { _ = try run([("a", .succeeded, seconds)]) }
    for _ in 0..<9 { _ = try run([("a", .failed, 1), ("b", .cancelled, 1)]) }
    _ = try run([("c", .degraded, 30)])
    _ = try run([("c", .succeeded, 10)])
    _ = try run([("a", .succeeded, 0)], attempts: 0)
    _ = try run(of: "nightly", [("a", .succeeded, 77)])
    let name = { TaskName(job: "nfs", subject: $0) }
    #expect(try runs.typicalDurations(ofSchedule: "weekly") == [name("a"): .seconds(7), name("c"): .seconds(10)])
    #expect(try runs.typicalDurations(ofSchedule: "nightly") == [name("a"): .seconds(77)])
    #expect(try runs.typicalDurations(ofSchedule: "never").isEmpty)
  }

  @Test func tellsTheHistoryOfASubjectTheLatestFirst() throws {
    let first = try run([("a", .failed, 1), ("b", .succeeded, 1)])
    let second = try run(of: "nightly", [("a", .succeeded, 2)])
    #expect(try runs.tasks(onSubject: "a").map(\.run) == [second, first])
    #expect(try runs.tasks(onSubject: "a", limit: 1).map(\.state) == [.succeeded])
    #expect(try runs.tasks(onSubject: "z").isEmpty)
  }
}
