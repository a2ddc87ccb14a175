import BackupModel
import Testing

@testable import BackupReporting

@Suite struct HostReportTests {
  private func report(_ change: (inout HostObservation) throws -> Void = { _ in }) throws -> HostReport {
    var observation = try ReportScene.host()
    try change(&observation)
    return HostReport(observation)
  }

  @Test func hasNoConcernWhenAllIsWell() throws {
    let report = try report()
    #expect(report.concerns == [])
    #expect(report.verdict == .ok)
  }

  @Test(arguments: [
    (HostVerdict.ok, "ok"), (.degraded, "degraded"), (.failed, "failed"), (.objectiveMissed, "objective-missed"),
  ])
  func givesEachVerdictItsWord(verdict: HostVerdict, word: String) {
    #expect(verdict.word == word)
  }

  static let runs: [(ScheduleRunState, [Concern.Kind], HostVerdict)] = [
    (.ok, [], .ok), (.running, [], .ok), (.degraded, [.scheduleDegraded], .degraded),
    (.interrupted, [.scheduleDegraded], .degraded), (.failed, [.scheduleFailed], .failed),
    (.died, [.scheduleFailed], .failed),
  ]

  @Test(arguments: runs)
  func judgesTheLastRunOfASchedule(state: ScheduleRunState, kinds: [Concern.Kind], verdict: HostVerdict) throws {
    let report = try report { $0.schedules = [ReportScene.schedule(state)] }
    #expect(report.concerns.map(\.kind) == kinds)
    #expect(report.verdict == verdict)
    #expect(report.concerns.allSatisfy { $0.subject == "weekly" && $0.text.hasPrefix("weekly: ") })
  }

  /// Seconds after the time of the timer, the last run, whether timers are paused, and what follows.
  static let timers: [(Int64, ScheduleRunState, Bool, Bool)] = [
    (21_600, .ok, false, false), (21_601, .ok, false, true), (21_601, .running, false, false),
    (21_601, .ok, true, false),
  ]

  @Test(arguments: timers)
  func noticesATimerThatDoesNotFire(late: Int64, state: ScheduleRunState, isPaused: Bool, isOverdue: Bool) throws {
    var schedule = ReportScene.schedule(state)
    schedule.nextStart = ReportScene.ago(late)
    let report = try report {
      $0.schedules = [schedule]
      if isPaused { $0.pause = PauseObservation(since: ReportScene.hoursAgo(1), reason: "disk swap") }
    }
    #expect(report.schedules.map(\.isOverdue) == [isOverdue])
    #expect(report.concerns.map(\.kind) == (isOverdue ? [.scheduleOverdue] : []))
  }

  @Test func countsAScheduleThatNeverRanAsOverdueToo() throws {
    let schedule = ScheduleObservation(name: "drill", nextStart: ReportScene.daysAgo(1))
    let report = try report { $0.schedules = [schedule] }
    #expect(report.schedules.map(\.state) == [.neverRan])
    #expect(report.concerns.map(\.text) == ["drill: its timer should have started it at 2026-11-21T06:10:00Z"])
  }

  @Test func forgetsAPauseWhoseEndHasPassed() throws {
    let pause = PauseObservation(since: ReportScene.daysAgo(3), until: ReportScene.now, reason: "moving")
    #expect(try report { $0.pause = pause }.pause == nil)
    #expect(try report { $0.pause = pause }.concerns == [])
  }

  @Test func isConcernedAboutAPauseOfMoreThanADay() throws {
    let long = try report { $0.pause = PauseObservation(since: ReportScene.ago(86_401), reason: "moving house") }
    #expect(long.concerns.map(\.text) == ["timers have been paused for 1d: moving house"])
    #expect(long.concerns.map(\.hint) == ["backupctl unpause"])
    #expect(long.verdict == .degraded)
    let short = try report { $0.pause = PauseObservation(since: ReportScene.ago(86_400), reason: "moving house") }
    #expect(short.concerns == [])
    #expect(short.pause?.reason == "moving house")
  }

  @Test func aPauseExcusesNoMissedObjective() throws {
    var source = try ReportScene.source()
    source.newestGoodPoint = ReportScene.daysAgo(9)
    let report = try report {
      $0.sources = [source]
      $0.pause = PauseObservation(since: ReportScene.hoursAgo(1), reason: "disk swap")
    }
    #expect(report.verdict == .objectiveMissed)
  }

  @Test func isConcernedAboutADiskThatFillsInTwoWeeks() throws {
    // 100 GiB are free: 10 days at 10 GiB a day, 20 at 5.
    let soon = try report {
      $0.repository = ReportScene.repository(dailyGrowth: Array(repeating: .gibibytes(10), count: 5))
    }
    #expect(
      soon.concerns.map(\.text) == [
        "the repository's disk has 100 GiB left and will be full in 10d (10 GiB a day, from 5 days with a change within 5)"
      ])
    let later = try report {
      $0.repository = ReportScene.repository(dailyGrowth: Array(repeating: .gibibytes(5), count: 5))
    }
    #expect(later.concerns == [])
    #expect(later.repository?.forecast?.full == ReportScene.daysAgo(-20))
  }

  @Test func isConcernedOnceAboutWhatCouldNotBeLookedAt() throws {
    let report = try report { $0.unseen = ["cannot look at b", "cannot look at a", "cannot look at b"] }
    #expect(report.concerns.map(\.text) == ["cannot look at a", "cannot look at b"])
    #expect(report.concerns.allSatisfy { $0.kind == .unseen && $0.hint == "backupctl coverage" })
    #expect(report.verdict == .degraded)
    #expect(report.metricSamples.last { $0.metric == .unseen }?.value == .integer(2))
  }

  @Test func failsWhenTheDiskIsNotThere() throws {
    let report = try report { $0.repository = nil }
    #expect(report.concerns.map(\.kind) == [.repositoryMissing])
    #expect(report.verdict == .failed)
  }

  @Test func listsTheWorstFirstAndSortsWhatItShows() throws {
    let report = HostReport(try ReportScene.troubledHost())
    #expect(report.verdict == .objectiveMissed)
    #expect(
      report.concerns.map { "\($0.severity.word) \($0.text)" } == [
        "objective-missed tree/etc: the newest good point is 9d old, allowed are 8d",
        "failed volume/pve/vm-101-disk-0: the last attempt failed, failing since 2026-11-19T06:10:00Z",
        "failed stream/postgres: what the last drill restored was not as it should be",
        "failed scrub: the last run was killed",
        "failed scrub: its timer should have started it at 2026-11-21T23:10:00Z",
        "degraded stream/postgres: the newest point is suspicious",
        "degraded tree/new: there is no recovery point, 2h after it was declared",
        "degraded tree/etc: not all of what the last drill restored could be looked at",
        "degraded the repository's disk has 100 GiB left and will be full in 10d "
          + "(10 GiB a day, from 4 days with a change within 4)",
        "degraded nfs/new is neither protected nor excluded with a reason",
        "degraded pve/vm-200-disk-0 is neither protected nor excluded with a reason",
        "degraded cannot select the volumes `pvc`: the group ssd can't be listed: vgs ended with code 5",
      ])
    #expect(report.sources.map(\.id) == report.sources.map(\.id).sorted())
    #expect(report.schedules.map(\.name) == ["drill", "nightly", "scrub", "weekly"])
    #expect(report.concerns(about: "scrub").count == 2)
  }

  @Test func everySourceStateIsAsBadAsItsConcern() throws {
    // The host is never better than its worst source.
    for wanted in SourceReportTests.cases {
      var source = try ReportScene.source()
      wanted.change(&source)
      let report = try report { $0.sources = [source] }
      #expect((report.verdict == .ok) == (wanted.state == .ok), "\(wanted.testDescription)")
      #expect((report.verdict == .objectiveMissed) == wanted.misses, "\(wanted.testDescription)")
      #expect(report.concerns.allSatisfy { $0.hint == "backupctl history tree/nfs/immich" })
    }
  }
}
