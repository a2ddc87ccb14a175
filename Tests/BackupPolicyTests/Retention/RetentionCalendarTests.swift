import BackupModel
import Testing

@testable import BackupPolicy

/// Golden tables of odd calendars and clocks: each line is an item and what becomes of it, newest first.
@Suite struct RetentionCalendarTests {
  private func table(
    _ rules: String, _ times: [String], now: String, _ calendar: LocalCalendar = .utc
  ) throws -> String {
    let items = try times.map { RetentionPlan.Item($0, at: try #require(Timestamp(parsing: $0))) }
    let plan = RetentionPlan(
      try KeepRules(parsing: rules), of: items.shuffled(), now: try #require(Timestamp(parsing: now)),
      calendar: calendar)
    return plan.decisions.map { "\($0.item.id)  \($0.text)" }.joined(separator: "\n")
  }

  /// A calendar whose offset changes once.
  private func calendar(_ hours: Int, until change: String, then later: Int) throws -> LocalCalendar {
    let change = try #require(Timestamp(parsing: change))
    return LocalCalendar { ($0 < change ? hours : later) * 3600 }
  }

  /// On 2026-03-29 at 01:00 UTC the clocks of Berlin go from 2:00 to 3:00.
  @Test func missesNothingInTheHourThatAChangeOfTheClocksLeavesOut() throws {
    #expect(
      try table(
        "hourly=9,daily=9",
        [
          "2026-03-29T02:30:00Z", "2026-03-29T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-29T00:30:00Z",
          "2026-03-28T23:30:00Z", "2026-03-28T22:30:00Z",
        ], now: "2026-03-29T12:00:00Z", try calendar(1, until: "2026-03-29T01:00:00Z", then: 2)) == """
          2026-03-29T02:30:00Z  hourly 1 of 9, daily 1 of 9
          2026-03-29T01:30:00Z  hourly 2 of 9
          2026-03-29T01:00:00Z  no rule keeps it
          2026-03-29T00:30:00Z  hourly 3 of 9
          2026-03-28T23:30:00Z  hourly 4 of 9
          2026-03-28T22:30:00Z  hourly 5 of 9, daily 2 of 9
          """)
  }

  /// A day of `within` has 24 hours, whatever the clocks do: from noon to noon it is 23 in March and 25 in October.
  @Test func countsADayOfASpanAs24HoursOverBothChangesOfTheClocks() throws {
    #expect(
      try table(
        "within=1d",
        ["2026-03-29T10:00:00Z", "2026-03-28T11:00:00Z", "2026-03-28T10:00:00Z", "2026-03-28T09:59:59Z"],
        now: "2026-03-29T12:00:00Z", try calendar(1, until: "2026-03-29T01:00:00Z", then: 2)) == """
          2026-03-29T10:00:00Z  within 1d
          2026-03-28T11:00:00Z  within 1d
          2026-03-28T10:00:00Z  within 1d
          2026-03-28T09:59:59Z  no rule keeps it
          """)
    #expect(
      try table(
        "within=1d", ["2026-10-25T11:00:00Z", "2026-10-24T11:00:00Z", "2026-10-24T10:00:00Z"],
        now: "2026-10-25T12:00:00Z", try calendar(2, until: "2026-10-25T01:00:00Z", then: 1)) == """
          2026-10-25T11:00:00Z  within 1d
          2026-10-24T11:00:00Z  within 1d
          2026-10-24T10:00:00Z  no rule keeps it
          """)
  }

  /// Both weeks are told apart by the local Monday, whose midnight a change of the clocks moves.
  @Test func tellsWeeksAndMonthsApartByTheLocalMidnightAfterAChangeOfTheClocks() throws {
    #expect(
      try table(
        "weekly=9,monthly=9",
        [
          "2026-03-31T22:00:00Z", "2026-03-31T21:59:59Z", "2026-03-29T22:00:00Z", "2026-03-29T21:59:59Z",
          "2026-03-22T23:00:00Z", "2026-03-22T22:59:59Z", "2026-02-28T23:00:00Z", "2026-02-28T22:59:59Z",
        ], now: "2026-04-01T12:00:00Z", try calendar(1, until: "2026-03-29T01:00:00Z", then: 2)) == """
          2026-03-31T22:00:00Z  weekly 1 of 9, monthly 1 of 9
          2026-03-31T21:59:59Z  monthly 2 of 9
          2026-03-29T22:00:00Z  no rule keeps it
          2026-03-29T21:59:59Z  weekly 2 of 9
          2026-03-22T23:00:00Z  no rule keeps it
          2026-03-22T22:59:59Z  weekly 3 of 9
          2026-02-28T23:00:00Z  weekly 4 of 9
          2026-02-28T22:59:59Z  monthly 3 of 9
          """)
  }

  /// Samoa went over the date line: 2011-12-30 was left out there.
  @Test func doesNotCountADayThatACountryLeftOut() throws {
    #expect(
      try table(
        "daily=9,weekly=9",
        ["2012-01-01T08:00:00Z", "2011-12-31T08:00:00Z", "2011-12-30T08:00:00Z", "2011-12-29T08:00:00Z"],
        now: "2012-01-01T12:00:00Z", try calendar(-10, until: "2011-12-30T10:00:00Z", then: 14)) == """
          2012-01-01T08:00:00Z  daily 1 of 9, weekly 1 of 9
          2011-12-31T08:00:00Z  daily 2 of 9
          2011-12-30T08:00:00Z  daily 3 of 9
          2011-12-29T08:00:00Z  daily 4 of 9
          """)
  }

  @Test func countsALeapYearAs366Days() throws {
    #expect(
      try table(
        "yearly=4,within=366d",
        [
          "2028-02-29T05:00:00Z", "2027-02-28T05:00:00Z", "2027-02-27T05:00:00Z", "2026-02-28T05:00:00Z",
          "2024-02-29T05:00:00Z", "2023-02-28T05:00:00Z",
        ], now: "2028-02-29T12:00:00Z") == """
          2028-02-29T05:00:00Z  yearly 1 of 4, within 366d
          2027-02-28T05:00:00Z  yearly 2 of 4, within 366d
          2027-02-27T05:00:00Z  no rule keeps it
          2026-02-28T05:00:00Z  yearly 3 of 4
          2024-02-29T05:00:00Z  yearly 4 of 4
          2023-02-28T05:00:00Z  no rule keeps it
          """)
  }

  /// The year 2100 is no leap year, 2000 was one.
  @Test func knowsWhichCenturiesHaveALeapDay() throws {
    #expect(
      try table(
        "daily=2,within-monthly=1d", ["2100-03-01T00:00:00Z", "2100-02-28T00:00:00Z"], now: "2100-03-01T00:00:00Z")
          == """
          2100-03-01T00:00:00Z  daily 1 of 2, monthly within 1d
          2100-02-28T00:00:00Z  daily 2 of 2, monthly within 1d
          """)
    #expect(
      try table(
        "daily=3,within-monthly=1d", ["2000-03-01T00:00:00Z", "2000-02-29T00:00:00Z", "2000-02-28T00:00:00Z"],
        now: "2000-03-01T00:00:00Z") == """
          2000-03-01T00:00:00Z  daily 1 of 3, monthly within 1d
          2000-02-29T00:00:00Z  daily 2 of 3, monthly within 1d
          2000-02-28T00:00:00Z  daily 3 of 3
          """)
  }

  /// 2026 has a week 53 and 2025 has none: no two of these weeks have one name.
  @Test func keepsEachOfManyWeeksOverAYearOf53() throws {
    let newest = try #require(Timestamp(parsing: "2027-01-24T05:00:00Z"))
    let items = (0..<120).map { RetentionPlan.Item($0, at: newest.adding(seconds: Int64(-7 * 86_400 * $0))) }
    let plan = RetentionPlan(try KeepRules(parsing: "weekly=110"), of: items, now: newest, calendar: .utc)
    #expect(plan.kept.map(\.id) == Array(0..<110))
    #expect(Set(items.compactMap { LocalCalendar.utc.period(of: .weekly, at: $0.time) }).count == 120)
  }

  @Test func missedDaysCostNoPlaceButTheyCostTimeOfASpan() throws {
    #expect(
      try table(
        "weekly=2,monthly=2,within-daily=3d",
        [
          "2026-11-22T05:00:00Z", "2026-11-20T05:00:00Z", "2026-11-19T05:00:00Z", "2026-11-19T04:59:59Z",
          "2026-10-01T05:00:00Z", "2026-06-10T05:00:00Z",
        ], now: "2026-11-25T12:00:00Z") == """
          2026-11-22T05:00:00Z  weekly 1 of 2, monthly 1 of 2, daily within 3d
          2026-11-20T05:00:00Z  daily within 3d
          2026-11-19T05:00:00Z  daily within 3d
          2026-11-19T04:59:59Z  no rule keeps it
          2026-10-01T05:00:00Z  weekly 2 of 2, monthly 2 of 2
          2026-06-10T05:00:00Z  no rule keeps it
          """)
  }

  @Test func whatWasDatedAheadCountsOnceItsTimeHasCome() throws {
    let times = ["2026-11-22T13:00:00Z", "2026-11-22T12:00:00Z", "2026-11-21T12:00:00Z"]
    #expect(
      try table("last=1,within=1h", times, now: "2026-11-22T12:59:59Z") == """
        2026-11-22T13:00:00Z  dated in the future
        2026-11-22T12:00:00Z  last 1 of 1, within 1h
        2026-11-21T12:00:00Z  no rule keeps it
        """)
    #expect(
      try table("last=1,within=1h", times, now: "2026-11-22T13:00:00Z") == """
        2026-11-22T13:00:00Z  last 1 of 1, within 1h
        2026-11-22T12:00:00Z  within 1h
        2026-11-21T12:00:00Z  no rule keeps it
        """)
  }

  /// Made at 5:00 and 6:00, then with a clock that had been set back by an hour at 5:20 and 6:20; the first one without any time at all.
  @Test func goesByTheDateThatAnItemBearsWhenTheClockWasSetBack() throws {
    #expect(
      try table(
        "hourly=9,daily=9",
        [
          "2026-11-22T05:00:00Z", "2026-11-22T06:00:00Z", "2026-11-22T05:20:00Z", "2026-11-22T06:20:00Z",
          "1970-01-01T00:00:10Z",
        ], now: "2026-11-22T07:00:00Z") == """
          2026-11-22T06:20:00Z  hourly 1 of 9, daily 1 of 9
          2026-11-22T06:00:00Z  no rule keeps it
          2026-11-22T05:20:00Z  hourly 2 of 9
          2026-11-22T05:00:00Z  no rule keeps it
          1970-01-01T00:00:10Z  hourly 3 of 9, daily 2 of 9
          """)
  }

  /// A clock that jumped ahead and was set right again leaves an item of the future; those of the present keep their places.
  @Test func aJumpAheadTakesNoPlaceFromWhatIsMadeAfterIt() throws {
    #expect(
      try table(
        "daily=2,weekly=1",
        ["2036-11-20T05:00:00Z", "2026-11-22T05:00:00Z", "2026-11-21T05:00:00Z", "2026-11-20T05:00:00Z"],
        now: "2026-11-22T12:00:00Z") == """
          2036-11-20T05:00:00Z  dated in the future
          2026-11-22T05:00:00Z  daily 1 of 2, weekly 1 of 1
          2026-11-21T05:00:00Z  daily 2 of 2
          2026-11-20T05:00:00Z  no rule keeps it
          """)
  }

  @Test func ofManyItemsOfOneSecondEachRuleTakesTheLast() throws {
    let second = try #require(Timestamp(parsing: "2026-11-22T23:59:59Z"))
    let items =
      (0..<500).map { RetentionPlan.Item($0, at: second) }
      + (500..<1000).map { RetentionPlan.Item($0, at: second.adding(seconds: 1)) }
    func kept(_ rules: String) throws -> [Int] {
      RetentionPlan(
        try KeepRules(parsing: rules), of: items, now: second.adding(seconds: 1), calendar: .utc
      ).kept.map(\.id)
    }
    #expect(try kept("last=3") == [999, 998, 997])
    #expect(try kept("hourly=5,daily=5,weekly=5,monthly=5,within-daily=1d") == [999, 499])
    #expect(try kept("within=1s").count == 1000)
    #expect(try kept("last=501").last == 499)
  }
}
