import BackupModel
import Testing

@testable import BackupPolicy

/// Golden tables: each line is an item and what becomes of it, newest first, as a listing would print it.
@Suite struct RetentionPlanTests {
  private func plan(
    _ rules: String, _ times: [String], now: String = "2026-11-22T12:00:00Z", _ calendar: LocalCalendar = .utc
  ) throws -> RetentionPlan<String> {
    let items = try times.map { RetentionPlan.Item($0, at: try #require(Timestamp(parsing: $0))) }
    let plan = RetentionPlan(
      try KeepRules(parsing: rules), of: items, now: try #require(Timestamp(parsing: now)), calendar: calendar)
    #expect(plan.decisions.count == items.count)
    #expect(Set(plan.kept).isDisjoint(with: plan.dropped))
    #expect(plan.kept.count + plan.dropped.count == items.count)
    return plan
  }

  private func table(_ plan: RetentionPlan<String>) -> String {
    plan.decisions.map { "\($0.item.id)  \($0.text)" }.joined(separator: "\n")
  }

  @Test func keepsTheNewestOfEachPeriodEachRuleOnItsOwn() throws {
    let plan = try plan(
      "last=2,daily=3,weekly=2,monthly=2",
      [
        "2026-11-22T05:00:00Z", "2026-11-22T04:00:00Z", "2026-11-21T05:00:00Z", "2026-11-20T05:00:00Z",
        "2026-11-16T05:00:00Z", "2026-11-15T05:00:00Z", "2026-10-31T05:00:00Z", "2026-09-30T05:00:00Z",
      ])
    #expect(
      table(plan) == """
        2026-11-22T05:00:00Z  last 1 of 2, daily 1 of 3, weekly 1 of 2, monthly 1 of 2
        2026-11-22T04:00:00Z  last 2 of 2
        2026-11-21T05:00:00Z  daily 2 of 3
        2026-11-20T05:00:00Z  daily 3 of 3
        2026-11-16T05:00:00Z  no rule keeps it
        2026-11-15T05:00:00Z  weekly 2 of 2
        2026-10-31T05:00:00Z  monthly 2 of 2
        2026-09-30T05:00:00Z  no rule keeps it
        """)
  }

  @Test func countsTheLeapDayAsADay() throws {
    let plan = try plan(
      "daily=3,monthly=2",
      [
        "2028-03-01T00:00:00Z", "2028-02-29T23:59:59Z", "2028-02-29T00:00:00Z", "2028-02-28T23:59:59Z",
        "2028-02-27T12:00:00Z",
      ], now: "2028-03-01T00:00:00Z")
    #expect(
      table(plan) == """
        2028-03-01T00:00:00Z  daily 1 of 3, monthly 1 of 2
        2028-02-29T23:59:59Z  daily 2 of 3, monthly 2 of 2
        2028-02-29T00:00:00Z  no rule keeps it
        2028-02-28T23:59:59Z  daily 3 of 3
        2028-02-27T12:00:00Z  no rule keeps it
        """)
  }

  /// 2026 has 53 weeks: Friday 2027-01-01 still belongs to the last one.
  @Test func countsWeek53OverTheTurnOfTheYear() throws {
    let plan = try plan(
      "weekly=3,yearly=2",
      [
        "2027-01-04T00:00:00Z", "2027-01-03T23:59:59Z", "2027-01-01T00:00:00Z", "2026-12-28T00:00:00Z",
        "2026-12-27T23:59:59Z", "2026-12-21T00:00:00Z",
      ], now: "2027-01-05T00:00:00Z")
    #expect(
      table(plan) == """
        2027-01-04T00:00:00Z  weekly 1 of 3, yearly 1 of 2
        2027-01-03T23:59:59Z  weekly 2 of 3
        2027-01-01T00:00:00Z  no rule keeps it
        2026-12-28T00:00:00Z  yearly 2 of 2
        2026-12-27T23:59:59Z  weekly 3 of 3
        2026-12-21T00:00:00Z  no rule keeps it
        """)
  }

  @Test func keepsTheNewestOfEachPeriodWithinItsSpan() throws {
    let plan = try plan(
      "within-daily=2d,within-weekly=14d",
      [
        "2026-11-22T05:00:00Z", "2026-11-21T05:00:00Z", "2026-11-21T04:00:00Z", "2026-11-20T05:00:00Z",
        "2026-11-20T04:59:59Z", "2026-11-15T05:00:00Z", "2026-11-14T05:00:00Z", "2026-11-08T05:00:00Z",
        "2026-11-01T05:00:00Z",
      ])
    #expect(
      table(plan) == """
        2026-11-22T05:00:00Z  daily within 2d, weekly within 14d
        2026-11-21T05:00:00Z  daily within 2d
        2026-11-21T04:00:00Z  no rule keeps it
        2026-11-20T05:00:00Z  daily within 2d
        2026-11-20T04:59:59Z  no rule keeps it
        2026-11-15T05:00:00Z  weekly within 14d
        2026-11-14T05:00:00Z  no rule keeps it
        2026-11-08T05:00:00Z  weekly within 14d
        2026-11-01T05:00:00Z  no rule keeps it
        """)
  }

  @Test func doesNotCountDaysWithoutAnItem() throws {
    let plan = try plan(
      "daily=3",
      ["2026-11-22T05:00:00Z", "2026-11-09T05:00:00Z", "2026-03-01T05:00:00Z", "2025-12-31T05:00:00Z"])
    #expect(
      table(plan) == """
        2026-11-22T05:00:00Z  daily 1 of 3
        2026-11-09T05:00:00Z  daily 2 of 3
        2026-03-01T05:00:00Z  daily 3 of 3
        2025-12-31T05:00:00Z  no rule keeps it
        """)
  }

  @Test func keepsWhatIsDatedInTheFutureAndCountsItForNothing() throws {
    let plan = try plan(
      "last=1,daily=1,within=1h",
      [
        "2031-01-01T00:00:00Z", "2026-11-22T12:00:01Z", "2026-11-22T12:00:00Z", "2026-11-22T11:00:00Z",
        "2026-11-22T10:59:59Z",
      ])
    #expect(
      table(plan) == """
        2031-01-01T00:00:00Z  dated in the future
        2026-11-22T12:00:01Z  dated in the future
        2026-11-22T12:00:00Z  last 1 of 1, daily 1 of 1, within 1h
        2026-11-22T11:00:00Z  within 1h
        2026-11-22T10:59:59Z  no rule keeps it
        """)
  }

  @Test func keepsEverythingWhenTheClockWasSetBackBeforeAllItems() throws {
    let plan = try plan("last=1", ["2026-11-22T05:00:00Z", "2026-11-21T05:00:00Z"], now: "1970-01-01T00:00:00Z")
    #expect(plan.dropped.isEmpty)
    #expect(plan.decisions.allSatisfy { $0.reasons == [.futureDated] })
  }

  @Test func countsWithinFromTheNewestItemThoughItIsOld() throws {
    let plan = try plan("within=1d", ["2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z", "2025-12-31T23:59:59Z"])
    #expect(
      table(plan) == """
        2026-01-02T00:00:00Z  within 1d
        2026-01-01T00:00:00Z  within 1d
        2025-12-31T23:59:59Z  no rule keeps it
        """)
  }

  @Test func takesTheLaterOfManyItemsForTheNewerInOneSecond() throws {
    let second = try #require(Timestamp(parsing: "2026-11-22T05:00:00Z"))
    let items =
      ["a", "b", "c"].map { RetentionPlan.Item($0, at: second) }
      + [RetentionPlan.Item("d", at: Timestamp(seconds: second.seconds, nanoseconds: 1))]
    let plan = RetentionPlan(
      try KeepRules(parsing: "last=3,hourly=1"), of: items.reversed(), now: second.adding(seconds: 1), calendar: .utc)
    #expect(table(plan) == "d  last 1 of 3, hourly 1 of 1\na  last 2 of 3\nb  last 3 of 3\nc  no rule keeps it")
  }

  @Test func saysTheSameInWhateverOrderItemsAreGiven() throws {
    let times = ["2026-11-22T05:00:00Z", "2026-11-21T05:00:00Z", "2026-11-21T04:00:00Z", "2026-11-20T05:00:00Z"]
    let rules = "last=1,daily=2"
    let expected = try plan(rules, times)
    for turn in times.indices {
      #expect(try plan(rules, Array(times[turn...] + times[..<turn])) == expected)
      #expect(try plan(rules, Array(times[turn...] + times[..<turn]).reversed()) == expected)
    }
  }

  @Test func keepsNothingOfNothing() throws {
    #expect(try plan("last=1", []).decisions.isEmpty)
  }

  /// Midnight in Berlin is 23:00 UTC in winter.
  @Test func tellsDaysApartByTheLocalCalendar() throws {
    let times = ["2026-11-21T23:00:00Z", "2026-11-21T22:59:59Z", "2026-11-20T23:30:00Z"]
    #expect(try plan("daily=9", times).kept.map(\.id) == [times[0], times[2]])
    #expect(try plan("daily=9", times, LocalCalendar { _ in 3600 }).kept.map(\.id) == [times[0], times[1]])
  }

  /// On 2026-10-25 at 01:00 UTC the clocks of Berlin go from 3:00 back to 2:00.
  @Test func countsTheHourOnceThatAChangeOfTheClocksRepeats() throws {
    let change = try #require(Timestamp(parsing: "2026-10-25T01:00:00Z"))
    let plan = try plan(
      "hourly=9,daily=1",
      ["2026-10-25T02:10:00Z", "2026-10-25T01:10:00Z", "2026-10-25T00:10:00Z", "2026-10-24T23:10:00Z"],
      LocalCalendar { $0 < change ? 7200 : 3600 })
    #expect(
      table(plan) == """
        2026-10-25T02:10:00Z  hourly 1 of 9, daily 1 of 1
        2026-10-25T01:10:00Z  hourly 2 of 9
        2026-10-25T00:10:00Z  no rule keeps it
        2026-10-24T23:10:00Z  hourly 3 of 9
        """)
  }

  /// A change of the clocks over midnight shows a day twice, with another one between.
  @Test func countsADayOnceThatAChangeOfTheClocksReturnsTo() throws {
    let change = try #require(Timestamp(parsing: "2026-11-01T00:30:00Z"))
    let plan = try plan(
      "daily=9",
      ["2026-11-01T01:00:00Z", "2026-11-01T00:40:00Z", "2026-11-01T00:10:00Z", "2026-10-31T23:10:00Z"],
      LocalCalendar { $0 < change ? 0 : -3600 })
    #expect(
      table(plan) == """
        2026-11-01T01:00:00Z  daily 1 of 9
        2026-11-01T00:40:00Z  daily 2 of 9
        2026-11-01T00:10:00Z  no rule keeps it
        2026-10-31T23:10:00Z  no rule keeps it
        """)
  }

  @Test(arguments: [
    ("2026-11-22T05:00:00Z", "2026-W47"), ("2027-01-01T00:00:00Z", "2026-W53"), ("2027-01-04T00:00:00Z", "2027-W01"),
    ("2024-12-30T00:00:00Z", "2025-W01"), ("2024-12-29T23:59:59Z", "2024-W52"), ("2023-01-01T00:00:00Z", "2022-W52"),
    ("2021-01-03T00:00:00Z", "2020-W53"), ("1970-01-01T00:00:00Z", "1970-W01"), ("1969-12-28T23:59:59Z", "1969-W52"),
    ("2000-02-29T00:00:00Z", "2000-W09"),
  ])
  func namesTheWeekAsISO8601Does(_ time: String, _ week: String) throws {
    #expect(LocalCalendar.utc.period(of: .weekly, at: try #require(Timestamp(parsing: time))) == week)
  }
}
