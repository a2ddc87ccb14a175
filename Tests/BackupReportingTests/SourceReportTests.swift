import BackupModel
import Testing

@testable import BackupReporting

@Suite struct SourceReportTests {
  /// What is changed about a good source, and what it is like then.
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let state: SourceState
    let reason: String?
    var misses = false
    let change: @Sendable (inout SourceObservation) -> Void

    init(
      _ name: String, _ state: SourceState, _ reason: String?, misses: Bool = false,
      _ change: @escaping @Sendable (inout SourceObservation) -> Void
    ) {
      (testDescription, self.state, self.reason, self.misses, self.change) = (name, state, reason, misses, change)
    }
  }

  static let cases: [Case] = [
    Case("as it should be", .ok, nil) { _ in },
    Case("nothing promised, ages old", .ok, nil) {
      $0.maximumAge = nil
      $0.newestGoodPoint = ReportScene.daysAgo(900)
    },
    Case("exactly as old as allowed", .ok, nil) { $0.newestGoodPoint = ReportScene.daysAgo(8) },
    Case("a second too old", .stale, "the newest good point is 8d old, allowed are 8d", misses: true) {
      $0.newestGoodPoint = ReportScene.ago(8 * 86_400 + 1)
    },
    Case("failed once", .failing, "the last attempt failed, failing since 2026-11-22T05:10:00Z") {
      $0.lastAttempt = ReportScene.attempt(.failed)
      $0.failingSince = ReportScene.hoursAgo(1)
    },
    Case("failed, since when isn't known", .failing, "the last attempt failed") {
      $0.lastAttempt = ReportScene.attempt(.failed)
    },
    Case("timed out", .failing, "the last attempt did not end in time") {
      $0.lastAttempt = ReportScene.attempt(.timedOut)
    },
    Case("killed", .failing, "the last attempt was killed") { $0.lastAttempt = ReportScene.attempt(.died) },
    Case("failing and too old", .failing, "the last attempt failed", misses: true) {
      $0.lastAttempt = ReportScene.attempt(.failed)
      $0.newestGoodPoint = ReportScene.daysAgo(9)
    },
    Case("failing and never had a point", .failing, "the last attempt failed", misses: true) {
      $0.lastAttempt = ReportScene.attempt(.failed)
      $0.newestGoodPoint = nil
    },
    Case("declared just now", .neverRan, "there is no recovery point, 2h after it was declared") {
      $0 = SourceObservation(id: $0.id, declared: ReportScene.hoursAgo(2), maximumAge: .seconds(86_400))
    },
    Case("declared long ago", .neverRan, "there is no recovery point, 2d after it was declared", misses: true) {
      $0 = SourceObservation(id: $0.id, declared: ReportScene.daysAgo(2), maximumAge: .seconds(86_400))
    },
    Case(
      "succeeded, but its points are gone", .neverRan,
      "there is no recovery point, 100d after it was declared, the last attempt, at 2026-11-22T05:10:00Z, succeeded",
      misses: true
    ) { $0.newestGoodPoint = nil },
    Case(
      "only suspicious points for long", .stale, "there is no good point 100d after it was declared, allowed are 8d",
      misses: true
    ) {
      $0.newestGoodPoint = nil
      $0.isSuspicious = true
    },
    Case("only a suspicious point yet", .degraded, "the newest point is suspicious") {
      $0.declared = ReportScene.hoursAgo(2)
      $0.newestGoodPoint = nil
      $0.isSuspicious = true
    },
    Case("suspicious after good ones", .degraded, "the newest point is suspicious") { $0.isSuspicious = true },
    Case(
      "suspicious, and the good one too old", .stale, "the newest good point is 9d old, allowed are 8d", misses: true
    ) {
      $0.isSuspicious = true
      $0.newestGoodPoint = ReportScene.daysAgo(9)
    },
    Case("a warning", .degraded, "the last attempt gave 1 warning") {
      $0.lastAttempt = ReportScene.attempt(.degraded, warnings: 1)
    },
    Case("warnings", .degraded, "the last attempt gave 12 warnings") {
      $0.lastAttempt = ReportScene.attempt(.succeeded, warnings: 12)
    },
    Case("degraded without a warning", .degraded, "the last attempt was degraded") {
      $0.lastAttempt = ReportScene.attempt(.degraded)
    },
    Case("interrupted", .degraded, "the last attempt was interrupted") {
      $0.lastAttempt = ReportScene.attempt(.interrupted, warnings: 2)
    },
    Case("interrupted and too old", .stale, "the newest good point is 9d old, allowed are 8d", misses: true) {
      $0.lastAttempt = ReportScene.attempt(.interrupted)
      $0.newestGoodPoint = ReportScene.daysAgo(9)
    },
    Case(
      "a point from the future", .degraded,
      "the newest good point is dated in the future, 2026-11-22T07:10:00Z: its age can't be told"
    ) { $0.newestGoodPoint = ReportScene.hoursAgo(-1) },
    Case("a clock that is a little off", .ok, nil) { $0.newestGoodPoint = ReportScene.ago(-200) },
  ]

  @Test(arguments: cases)
  func concludesTheFirstStateWhoseRuleMatches(_ wanted: Case) throws {
    var observation = try ReportScene.source()
    wanted.change(&observation)
    let report = SourceReport(observation, now: ReportScene.now)
    #expect(report.state == wanted.state)
    #expect(report.reason == wanted.reason)
    #expect(report.missesObjective == wanted.misses)
  }

  @Test func tellsNoAgeWithoutAGoodPointOrWhenItIsDatedInTheFuture() throws {
    var observation = try ReportScene.source()
    #expect(SourceReport(observation, now: ReportScene.now).age == .seconds(3600))
    observation.newestGoodPoint = ReportScene.ago(-200)
    #expect(SourceReport(observation, now: ReportScene.now).age == .zero)
    observation.newestGoodPoint = ReportScene.hoursAgo(-1)
    #expect(SourceReport(observation, now: ReportScene.now).age == nil)
    observation.newestGoodPoint = nil
    #expect(SourceReport(observation, now: ReportScene.now).age == nil)
  }

  @Test(arguments: [
    (0, "0s"), (59, "59s"), (60, "1m"), (3599, "59m 59s"), (7200, "2h"), (90_061, "1d 1h"), (8_640_000, "100d"),
  ])
  func writesAgesInTwoUnits(seconds: Int64, text: String) {
    #expect(Duration.seconds(seconds).ageText == text)
  }
}
