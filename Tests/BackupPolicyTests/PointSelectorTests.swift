import BackupModel
import Testing

@testable import BackupPolicy

@Suite struct PointSelectorTests {
  static func instant(_ text: String) throws -> Timestamp { try #require(Timestamp(parsing: text)) }
  static func points(_ texts: [String]) throws -> [RecoveryPointID] {
    try texts.map { try #require(RecoveryPointID(parsing: $0)) }
  }

  private func select(
    _ selector: String, among points: [String], now: String = "2026-11-22T12:00:00Z", utcOffset: Int = 0
  ) throws -> String {
    try PointSelector(parsing: selector).select(
      among: Self.points(points), now: Self.instant(now), utcOffset: utcOffset
    ).description
  }

  // MARK: - What is typed

  @Test(
    arguments: [
      ("etc", "etc", .latest), ("etc@latest", "etc", .latest), ("nfs/immich@now", "nfs/immich", .now),
      ("etc@20261122T05", "etc", .pointID("20261122T05")), ("user@host@Today", "user@host", .today),
      ("a@2026@2027", "a@2026", .pointID("2027")), ("etc@3 days ago", "etc", .ago(3, .day)),
      ("etc@1  Week AGO", "etc", .ago(1, .week)), ("etc@20261122T050000Z_12", "etc", .pointID("20261122T050000Z_12")),
    ] as [(String, String, TimeExpression.Form)])
  func splitsANameFromItsTimeAtTheLastAt(_ text: String, _ name: String, _ form: TimeExpression.Form) throws {
    let selector = try PointSelector(parsing: text)
    #expect(selector.name == name)
    #expect(selector.time.form == form)
  }

  @Test func namesWhatIsAcceptedWhenTheRightSideIsNoTime() throws {
    let error = try #require(throws: PolicyError.self) { try PointSelector(parsing: "user@host") }
    #expect(error.category == .usage)
    #expect(
      error.message == "cannot understand `host` in `user@host` as a time: accepted are \(TimeExpression.accepted)")
    #expect(error.hint == "if `@host` belongs to the name, write `user@host@latest`")
  }

  @Test(arguments: [
    "", "/etc", "a//b", "a b", "..", "a/points", "@latest", "etc@", "etc@yesterdy", "etc@3 days", "etc@-3 days ago",
    "etc@3 fortnights ago", "etc@2026-02-29", "etc@2026-13-01", "etc@2026-11-31", "etc@2026-00-10", "etc@202",
    "etc@2026-11-22T24:00", "etc@2026-11-22T05:60", "etc@2026-11-22T05:00:61", "etc@2026-11-22T05:00:00+1:00",
    "etc@2026-11-22T05:00:00.Z", "etc@2026-11-22T05:00Zx", "etc@20261122t05", "etc@20261122T050000X",
    "etc@20261122T050000Z-2", "etc@2026-11-22 05:00 UTC", "etc@1234567890 seconds ago", "etc@1.5 hours ago",
  ])
  func refusesWhatIsNoSelector(_ text: String) throws {
    let error = try #require(throws: PolicyError.self) { try PointSelector(parsing: text) }
    #expect(error.category == .usage)
  }

  // MARK: - Times

  struct TimeRow: Sendable {
    let text: String
    let now: String
    let utcOffset: Int
    let end: String

    init(_ text: String, now: String = "2026-11-22T12:34:56Z", utcOffset: Int = 0, _ end: String) {
      self.text = text
      self.now = now
      self.utcOffset = utcOffset
      self.end = end
    }
  }

  static let times: [TimeRow] = [
    TimeRow("now", "2026-11-22T12:34:56Z"),
    TimeRow("today", "2026-11-22T23:59:59Z"),
    TimeRow("yesterday", "2026-11-21T23:59:59Z"),
    TimeRow("yesterday", now: "2028-03-01T00:00:00Z", "2028-02-29T23:59:59Z"),
    TimeRow("yesterday", now: "2027-01-01T10:00:00Z", "2026-12-31T23:59:59Z"),
    // A local day: at 23:30 UTC it is already tomorrow in Tokyo, still today in New York.
    TimeRow("today", now: "2026-11-22T23:30:00Z", utcOffset: 32_400, "2026-11-23T14:59:59Z"),
    TimeRow("today", now: "2026-11-22T23:30:00Z", utcOffset: -18_000, "2026-11-23T04:59:59Z"),
    TimeRow("2026-11-22", "2026-11-22T23:59:59Z"),
    TimeRow("2026-11-22", utcOffset: 3600, "2026-11-22T22:59:59Z"),
    TimeRow("2028-02-29", "2028-02-29T23:59:59Z"),
    TimeRow("2000-02-29", "2000-02-29T23:59:59Z"),
    TimeRow("2026-11-22 05:00", "2026-11-22T05:00:59Z"),
    TimeRow("2026-11-22T05:00", utcOffset: 3600, "2026-11-22T04:00:59Z"),
    TimeRow("2026-11-22 05:00:07", utcOffset: 3600, "2026-11-22T04:00:07Z"),
    TimeRow("2026-11-22T05:00:07Z", utcOffset: 3600, "2026-11-22T05:00:07Z"),
    TimeRow("2026-11-22t05:00:07.999z", "2026-11-22T05:00:07Z"),
    TimeRow("2026-11-22T05:00:07+01:30", "2026-11-22T03:30:07Z"),
    TimeRow("2026-11-22T05:00:07-01:30", "2026-11-22T06:30:07Z"),
    TimeRow("2026-11-22T05:00Z", utcOffset: 7200, "2026-11-22T05:00:59Z"),
    TimeRow("2026-12-31T23:59:60Z", "2027-01-01T00:00:00Z"),
    TimeRow("90 seconds ago", "2026-11-22T12:33:26Z"),
    TimeRow("1 minute ago", "2026-11-22T12:33:56Z"),
    TimeRow("3 hours ago", "2026-11-22T09:34:56Z"),
    TimeRow("2 days ago", "2026-11-20T12:34:56Z"),
    TimeRow("1 week ago", "2026-11-15T12:34:56Z"),
    TimeRow("0 days ago", "2026-11-22T12:34:56Z"),
    TimeRow("1 month ago", "2026-10-22T12:34:56Z"),
    // A shorter month has no 31st: its last day is meant.
    TimeRow("1 month ago", now: "2026-07-31T08:00:00Z", "2026-06-30T08:00:00Z"),
    TimeRow("1 month ago", now: "2026-03-31T08:00:00Z", "2026-02-28T08:00:00Z"),
    TimeRow("1 month ago", now: "2028-03-31T08:00:00Z", "2028-02-29T08:00:00Z"),
    TimeRow("1 month ago", now: "2026-01-31T08:00:00Z", "2025-12-31T08:00:00Z"),
    TimeRow("13 months ago", now: "2026-03-31T08:00:00Z", "2025-02-28T08:00:00Z"),
    TimeRow("1 year ago", now: "2028-02-29T08:00:00Z", "2027-02-28T08:00:00Z"),
    TimeRow("4 years ago", now: "2028-02-29T08:00:00Z", "2024-02-29T08:00:00Z"),
    TimeRow("100 years ago", now: "2000-02-29T08:00:00Z", "1900-02-28T08:00:00Z"),
    // In local time it is already the 31st, so the clamp is to the 30th at 00:30 local.
    TimeRow("1 month ago", now: "2026-07-30T23:30:00Z", utcOffset: 3600, "2026-06-29T23:30:00Z"),
  ]

  @Test(arguments: times) func understandsATime(_ row: TimeRow) throws {
    let time = try #require(TimeExpression(parsing: row.text))
    #expect(try time.end(now: Self.instant(row.now), utcOffset: row.utcOffset) == Self.instant(row.end), "\(row)")
  }

  @Test(arguments: TimeExpression.Unit.allCases) func goesBackAsFarAsCanBeTyped(_ unit: TimeExpression.Unit) throws {
    let time = try #require(TimeExpression(parsing: "999999999 \(unit)s ago"))
    let now = try Self.instant("2026-11-22T12:00:00Z")
    #expect(try #require(time.end(now: now, utcOffset: 3600)) < now)
  }

  // MARK: - Selection

  private static let some = [
    "20261120T050000Z", "20261121T050000Z", "20261122T050000Z", "20261122T050000Z_2", "20261122T110000Z",
  ]

  @Test(arguments: [
    ("etc", "20261122T110000Z"), ("etc@latest", "20261122T110000Z"), ("etc@now", "20261122T110000Z"),
    ("etc@yesterday", "20261121T050000Z"), ("etc@2026-11-20", "20261120T050000Z"),
    ("etc@2026-11-22T05:00:00Z", "20261122T050000Z_2"), ("etc@2026-11-22T04:59:59Z", "20261121T050000Z"),
    ("etc@2026-11-22 05:00", "20261122T050000Z_2"), ("etc@1 day ago", "20261121T050000Z"),
    ("etc@2 hours ago", "20261122T050000Z_2"), ("etc@20261121", "20261121T050000Z"),
    ("etc@20261122T050000Z", "20261122T050000Z"), ("etc@20261122T050000Z_", "20261122T050000Z_2"),
    ("etc@20261122T11", "20261122T110000Z"), ("etc@2030-01-01", "20261122T110000Z"),
  ])
  func selectsThePointThatIsMeant(_ selector: String, _ point: String) throws {
    #expect(try select(selector, among: Self.some) == point)
    #expect(try select(selector, among: Self.some.reversed()) == point)
  }

  @Test func takesADateAsALocalDay() throws {
    let points = ["20261121T223000Z", "20261121T233000Z"]
    #expect(try select("etc@2026-11-21", among: points) == "20261121T233000Z")
    #expect(try select("etc@2026-11-21", among: points, utcOffset: 3600) == "20261121T223000Z")
  }

  @Test func listsTheCandidatesOfAnAmbiguousBeginning() throws {
    let error = try #require(throws: PolicyError.self) { try select("etc@20261122", among: Self.some) }
    #expect(error.category == .usage)
    #expect(
      error.message == "cannot select a point of `etc`: 3 points begin with `20261122`: "
        + "`20261122T050000Z`, `20261122T050000Z_2`, `20261122T110000Z`")
    let many = (1...8).map { "2026110\($0)T050000Z" }
    let longer = try #require(throws: PolicyError.self) { try select("etc@202611", among: many) }
    #expect(longer.message.hasSuffix("`20261104T050000Z`, `20261105T050000Z` and 3 more"))
  }

  @Test(arguments: [
    (
      "etc@20261122T06",
      "none is `20261122T06`; the nearest are `20261122T050000Z_2` before it (7 hours old)"
        + " and `20261122T110000Z` after it (60 minutes old)"
    ),
    ("etc@2025", "none is `2025`; the nearest is `20261120T050000Z` after it (2 days old)"),
    ("etc@20271", "none is `20271`; the nearest is `20261122T110000Z` before it (60 minutes old)"),
    ("etc@20269", "none is `20269`"),
    (
      "etc@2026-11-19",
      "none was begun at or before 2026-11-19T23:59:59Z; the nearest is `20261120T050000Z` after it (2 days old)"
    ),
  ])
  func namesTheNearestPointsWhenThereIsNoSuchPoint(_ selector: String, _ text: String) throws {
    let error = try #require(throws: PolicyError.self) { try select(selector, among: Self.some) }
    #expect(error.category == .failed)
    #expect(error.message == "cannot select a point of `etc`: " + text)
  }

  @Test func saysSoWhenASourceHasNoPoint() throws {
    let error = try #require(throws: PolicyError.self) { try select("etc@latest", among: []) }
    #expect(error.category == .failed)
    #expect(error.message == "cannot select a point of `etc`: it has none")
  }

  @Test func givesTheAgeOfAPointInTheFutureAsSuch() throws {
    let error = try #require(throws: PolicyError.self) {
      try select("etc@now", among: ["20261122T120130Z"])
    }
    #expect(error.message.hasSuffix("`20261122T120130Z` after it (90 seconds in the future)"))
  }

  @Test func aWholeIdNeverMeansAnotherPointOfItsSecond() throws {
    let left = ["20261121T050000Z", "20261122T050000Z_2", "20261122T050000Z_31"]
    for typed in ["20261122T050000Z", "20261122T050000Z_3"] {
      let error = try #require(throws: PolicyError.self) { try select("etc@\(typed)", among: left) }
      #expect(error.category == .failed)
      #expect(error.message.contains("none is `\(typed)`"), "\(error.message)")
    }
    #expect(try select("etc@20261122T050000Z_2", among: left) == "20261122T050000Z_2")
  }
}
