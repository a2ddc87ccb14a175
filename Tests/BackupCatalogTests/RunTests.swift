import BackupModel
import Testing

@testable import BackupCatalog

@Suite struct RunTests {
  private let scene: CatalogScene
  private let runs: RunJournal
  init() throws {
    scene = try CatalogScene()
    runs = try scene.open().runs
  }

  @Test func keepsAllThatIsKnownOfARun() throws {
    let earlier = RunID(schedule: "weekly", begun: Timestamp(seconds: 1_700_000_000))
    let begun = try runs.begin(.sample(resuming: earlier))
    #expect(begun.state == .running)
    #expect(begun.ended == nil)
    #expect(begun.process == CatalogScene.process)
    #expect(begun.resumedFrom == earlier)
    #expect(begun.repository == "6f1c1f0e")
    scene.clock.advance(seconds: 90)
    let finished = try runs.finish(begun.id, as: .degraded, message: "1 of 3 tasks is degraded")
    #expect(try runs.run(begun.id) == finished)
    #expect(finished.state == .degraded)
    #expect(finished.message == "1 of 3 tasks is degraded")
    #expect(finished.ended?.secondsSince(finished.begun) == 90)
    #expect(finished.scheduleFile == "/etc/backupctl/schedules/weekly.yaml")
  }

  @Test func showsTheJobsOfARunAsWaitingWhenItBegins() throws {
    let run = try runs.begin(.sample(jobs: ["zfs", "archive", "mail"]))
    let jobs = try runs.jobs(of: run.id)
    #expect(jobs.map(\.name) == ["zfs", "archive", "mail"])
    #expect(jobs.allSatisfy { $0.state == .waiting && $0.tasks.isEmpty })
  }

  @Test func numbersRunsThatBeginInTheSameSecond() throws {
    let ids = try (0..<3).map { _ in try runs.begin(.sample()).id.description }
    #expect(
      ids == ["weekly-20261122T050000Z", "weekly-20261122T050000Z-2", "weekly-20261122T050000Z-3"])
    #expect(try runs.begin(.sample("nightly")).id.description == "nightly-20261122T050000Z")
  }

  @Test func listsTheLatestRunsFirstEvenIfTheClockWentBack() throws {
    let first = try runs.begin(.sample()).id
    scene.clock.advance(seconds: -3_000_000)
    let second = try runs.begin(.sample("nightly")).id
    let third = try runs.begin(.sample()).id
    #expect(try runs.latest().map(\.id) == [third, second, first])
    #expect(try runs.latest(limit: 2).map(\.id) == [third, second])
    #expect(try runs.latest(ofSchedule: "weekly").map(\.id) == [third, first])
    #expect(try runs.latest(ofSchedule: "never").isEmpty)
  }

  @Test func findsTheLastFinishedRunOfEachSchedule() throws {
    var last: [String: RunID] = [:]
    for (schedule, state) in [("a", RunState.ok), ("b", .failed), ("a", .degraded)] {
      last[schedule] = try runs.finish(try runs.begin(.sample(schedule)).id, as: state).id
    }
    _ = try runs.begin(.sample("a"))
    _ = try runs.begin(.sample("c"))
    #expect(try runs.lastFinished().mapValues(\.id) == last)
    #expect(try runs.lastFinished()["a"]?.state == .degraded)
  }

  @Test func findsARunByTheBeginningOfItsID() throws {
    let first = try runs.begin(.sample()).id
    scene.clock.advance(seconds: 86_400)
    let second = try runs.begin(.sample()).id
    let third = try runs.begin(.sample()).id
    #expect(try runs.find("weekly-20261122").id == first)
    #expect(try runs.find(second.description).id == second)
    #expect(try runs.find(third.description).id == third)
    #expect(try runs.find("weekly").id == third)
    let several = try failure { _ = try runs.find("weekly-20261123") }
    #expect(several.code == .severalRuns)
    #expect(several.category == .usage)
    #expect(several.hint == "type more of it: \(third), \(second)")
  }

  @Test(arguments: [
    ("weekyl", "did you mean `weekly`?"), ("weekly-20261222T050000Z", "did you mean `weekly-20261122T050000Z`?"),
    ("", "the latest runs: weekly-20261122T050000Z"), ("%", "the latest runs: weekly-20261122T050000Z"),
  ])
  func namesTheNearestRunWhenThereIsNone(text: String, hint: String) throws {
    _ = try runs.begin(.sample())
    let missing = try failure { _ = try runs.find(text) }
    #expect(missing.code == .noSuchRun)
    #expect(missing.category == .usage)
    #expect(missing.message.hasPrefix("cannot find run `\(text)`"))
    #expect(missing.hint == hint)
  }

  @Test func hasNothingToNameWhenThereAreNoRuns() throws {
    let missing = try failure { _ = try runs.find("weekly") }
    #expect(missing.message == "cannot find run `weekly`: the catalog has no runs")
    #expect(missing.hint == nil)
  }

  @Test func refusesToFinishARunThatItDoesNotHave() throws {
    let missing = try failure { try runs.finish(RunID(schedule: "weekly", begun: .init(seconds: 0)), as: .ok) }
    #expect(missing.code == .noSuchRun)
  }

  @Test func marksRunsThatDiedWithWhatRanInThem() throws {
    let dead = try runs.begin(.sample())
    try runs.record(
      [
        .jobExpanding(job: "nfs"), .jobExpanded(job: "nfs", tasks: .sample(3)),
        .taskStarting(TaskName(job: "nfs", subject: "tree/nfs/0"), attempt: 1),
        .taskEnded(
          TaskName(job: "nfs", subject: "tree/nfs/0"), .init(.succeeded, attempts: 1, duration: .seconds(1))),
        .taskStarting(TaskName(job: "nfs", subject: "tree/nfs/1"), attempt: 1),
      ], of: dead.id)
    let other = try runs.begin(.sample("nightly"))
    scene.clock.advance(seconds: 86_400)

    let marked = try runs.markDead(ofSchedule: "weekly")
    #expect(marked.map(\.id) == [dead.id])
    #expect(marked.map(\.state) == [.died])
    #expect(
      marked.first?.message
        == "its process (4711) ended without a word; its last step was recorded at 2026-11-22T05:00:04Z, task starting: nfs tree/nfs/1"
    )
    #expect(marked.first?.ended == dead.begun.adding(seconds: 4))
    let nfs = try #require(try runs.jobs(of: dead.id).first)
    #expect(nfs.state == .died)
    #expect(nfs.tasks.map(\.state) == [.succeeded, .died, .waiting])
    #expect(try runs.run(other.id)?.state == .running)
    #expect(try runs.markDead(ofSchedule: "weekly").isEmpty)
  }

  @Test func marksARunThatDiedBeforeItsFirstStep() throws {
    let dead = try runs.begin(.sample())
    let marked = try runs.markDead(ofSchedule: "weekly")
    #expect(marked.first?.message == "its process (4711) ended without a word; it recorded no step")
    #expect(marked.first?.ended == dead.begun)
  }

  @Test func forgetsOnlyRunsThatAreOldAndNotAmongTheLast() throws {
    let running = try runs.begin(.sample())
    var ids: [RunID] = []
    for _ in 0..<6 {
      scene.clock.advance(seconds: 100 * 86_400)
      let run = try runs.begin(.sample())
      try runs.record([.jobExpanded(job: "nfs", tasks: .sample(2))], of: run.id)
      ids.append(try runs.finish(run.id, as: .ok).id)
    }
    let rare = RunID(schedule: "drill", begun: scene.clock.now())
    try runs.finish(try runs.begin(.sample("drill")).id, as: .ok)
    // Ages in days: 500, 400, 300, 200, 100, 0.
    #expect(try runs.forgetOld(keepingLast: 6) == 0)
    #expect(try runs.forgetOld(keepingLast: 2) == 1)
    #expect(try runs.latest(ofSchedule: "weekly").map(\.id) == ids.dropFirst().reversed() + [running.id])
    #expect(try runs.forgetOld(keepingLast: 1, youngerThan: .seconds(86_400)) == 4)
    #expect(try Set(runs.latest().map(\.id)) == [ids[5], running.id, rare])
    #expect(try runs.steps(of: ids[0]).isEmpty)
    #expect(try runs.tasks(onSubject: "tree/nfs/0").map(\.run) == [ids[5]])
  }
}
