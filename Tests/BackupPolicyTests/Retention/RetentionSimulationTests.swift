import BackupModel
import Testing

@testable import BackupPolicy

/// Golden tables: day, points that are held, the date of the oldest, bytes at least and at most.
@Suite struct RetentionSimulationTests {
  private let now = Timestamp(CalendarTime(year: 2026, month: 11, day: 22, hour: 12))

  /// Points of the last days up to 2026-11-22, each at 5:00, oldest first.
  private func points(_ added: [Int64], sizes: [Int64]? = nil) -> [RetentionHistory.Point] {
    added.indices.map { number in
      RetentionHistory.Point(
        at: now.adding(seconds: Int64(-7 * 3600 - 86_400 * (added.count - 1 - number))), addedBytes: added[number],
        sourceBytes: sizes?[number] ?? 1000)
    }
  }

  private func table(
    _ rules: String, _ history: RetentionHistory, days: Int, showing shown: [Int], _ calendar: LocalCalendar = .utc
  ) throws -> String {
    let simulation = try #require(
      try RetentionSimulation(history, KeepRules(parsing: rules), days: days, now: now, calendar: calendar))
    #expect(simulation.days.count == days + 1)
    #expect(simulation.days.allSatisfy { $0.leastBytes <= $0.mostBytes })
    return shown.map { number in
      let day = simulation.days[number]
      return "\(number)  \(day.points)  \(day.oldest.map { String($0.description.prefix(10)) } ?? "-")  "
        + "\(day.leastBytes.bytes)  \(day.mostBytes.bytes)"
    }.joined(separator: "\n")
  }

  private var steady: RetentionHistory { RetentionHistory(points([1000, 10, 10, 10]), packBytes: 1030) }

  @Test func fillsUpToWhatTheRulesHoldAndStaysThere() throws {
    #expect(
      try table("daily=7", steady, days: 10, showing: [0, 1, 3, 4, 10]) == """
        0  4  2026-11-19  1030  1030
        1  5  2026-11-19  1040  1040
        3  7  2026-11-19  1060  1060
        4  7  2026-11-20  1060  1060
        10  7  2026-11-26  1060  1060
        """)
  }

  /// 2026-12-22 is a Tuesday. Of the points between the Sundays it isn't known how much of what they added is still needed.
  @Test func givesARangeWherePointsAreDroppedBetweenThoseThatAreHeld() throws {
    #expect(
      try table("weekly=3", steady, days: 30, showing: [0, 30]) == """
        0  1  2026-11-22  1000  1000
        30  3  2026-12-13  1020  1090
        """)
  }

  /// Photos: what was added once is never dropped by its source, so forgetting frees nothing.
  @Test func aSourceThatGrowsNeedsAllThatWasEverAdded() throws {
    let history = RetentionHistory(points([1000, 10, 10, 10], sizes: [1000, 1010, 1020, 1030]), packBytes: 1030)
    #expect(
      try table("last=1", history, days: 5, showing: [0, 1, 5]) == """
        0  1  2026-11-22  1030  1030
        1  1  2026-11-23  1040  1040
        5  1  2026-11-27  1080  1080
        """)
  }

  /// A jump in size, as of a source that was moved, isn't taken to go on faster than points add.
  @Test func aSourceGrowsByNoMoreThanPointsAddAndNeverShrinks() throws {
    let jump = RetentionHistory(
      points([1000, 10, 90_000, 10], sizes: [1000, 1000, 100_000, 100_000]), packBytes: 91_020)
    #expect(try table("last=1", jump, days: 2, showing: [2]) == "2  1  2026-11-24  100020  100020")
    let shrinking = RetentionHistory(points([1000, 10, 10, 10], sizes: [1000, 900, 800, 700]), packBytes: 1030)
    #expect(
      try table("last=1", shrinking, days: 9, showing: [0, 9])
        == "0  1  2026-11-22  700  700\n9  1  2026-12-01  700  700")
  }

  /// A dump of which nothing is like the one before: each point that is held costs all of it.
  @Test func aSourceThatIsRewrittenCostsEachPointThatIsHeld() throws {
    let history = RetentionHistory(points([1000, 1000, 1000]), packBytes: 3000)
    #expect(
      try table("last=2,weekly=2", history, days: 14, showing: [0, 14]) == """
        0  2  2026-11-21  2000  2000
        14  3  2026-11-29  3000  8000
        """)
  }

  /// Cadence and cost are those of before anything was forgotten, of which the dates are known.
  @Test func countsThePointsThatWereForgottenForTheCadence() throws {
    let day: Int64 = 86_400
    let newest = now.adding(seconds: -7 * 3600)
    let kept = [7, 0].map { age in
      RetentionHistory.Point(at: newest.adding(seconds: -day * Int64(age)), addedBytes: 10, sourceBytes: 1000)
    }
    let forgotten = (1...12).filter { $0 != 7 }.map { newest.adding(seconds: -day * Int64($0)) }
    let history = RetentionHistory(kept, forgotten: forgotten, packBytes: 1500)
    #expect(history.medianInterval == .seconds(day) && history.medianAddedBytes == 10)
    // Six were forgotten since the oldest, and what they added may still be in the packs.
    #expect(history.oldestBytes == 1500 - 10 - 60)
    #expect(
      try table("daily=3", history, days: 2, showing: [0, 2]) == """
        0  2  2026-11-15  1440  1500
        2  3  2026-11-22  1450  1450
        """)
    #expect(RetentionHistory(kept, forgotten: [], packBytes: 1500).medianInterval == .seconds(7 * day))
  }

  @Test func goesOnAtOnceWithASourceWhoseLastPointIsOld() throws {
    let old = points([1000, 10]).map {
      RetentionHistory.Point(at: $0.time.adding(seconds: -90 * 86_400), addedBytes: $0.addedBytes, sourceBytes: 1000)
    }
    #expect(
      try table("daily=2", RetentionHistory(old, packBytes: 1010), days: 2, showing: [0, 1, 2]) == """
        0  2  2026-08-23  1010  1010
        1  2  2026-08-24  1010  1010
        2  2  2026-11-22  1010  1010
        """)
  }

  @Test func saysNothingOfASourceWithTooLittleHistory() throws {
    let one = points([1000])
    for few in [[], one, one + one] {
      let history = RetentionHistory(few, packBytes: 1000)
      #expect(try RetentionSimulation(history, KeepRules(parsing: "last=1"), days: 1, now: now, calendar: .utc) == nil)
    }
  }

  @Test func refusesToMakeMorePointsThanAnybodyWouldWaitFor() throws {
    let times = [now.adding(seconds: -20), now.adding(seconds: -10)]
    let history = RetentionHistory(
      times.map { RetentionHistory.Point(at: $0, addedBytes: 1, sourceBytes: 1) }, packBytes: 2)
    let error = try #require(throws: PolicyError.self) {
      try RetentionSimulation(history, KeepRules(parsing: "last=1"), days: 365, now: now, calendar: .utc)
    }
    #expect(error.message.contains("with a point every 10s"), "\(error.message)")
  }

  @Test(arguments: [([], nil), ([5], 5), ([9, 1], 5), ([3, 1, 2], 2), ([4, 1, 3, 2], 2)] as [([Int64], Int64?)])
  func theMedianIsTheMiddle(_ numbers: [Int64], _ median: Int64?) {
    #expect(RetentionHistory.median(numbers) == median)
  }
}
