import BackupEngine
import BackupModel
import BackupPolicy
import Testing

/// Golden tables: each line is a point and what becomes of it, newest first.
@Suite struct PointRetentionTests {
  private typealias Fact = PointRetention.Fact

  private func id(_ text: String) throws -> RecoveryPointID { try #require(RecoveryPointID(parsing: text)) }

  private func retention(
    _ rules: String, _ facts: [PointRetention.Fact], now: String = "2026-11-22T12:00:00Z"
  ) throws -> PointRetention {
    PointRetention(
      of: try #require(SourceID(kind: .tree, name: "wiki")), facts.shuffled(), try KeepRules(parsing: rules),
      now: try #require(Timestamp(parsing: now)), calendar: .utc)
  }

  private func table(_ retention: PointRetention) -> String {
    retention.verdicts.map { "\($0.fact.id)  \($0.isKept ? "keep" : "forget"): \($0.text)" }.joined(separator: "\n")
  }

  @Test func floorsHoldWhateverTheRulesSay() throws {
    let retention = try retention(
      "daily=1",
      [
        Fact(try id("20261122T050000Z")), Fact(try id("20261121T050000Z"), isVerified: true),
        Fact(try id("20261120T050000Z"), isVerified: true),
        Fact(try id("20261119T050000Z"), holdReason: "before the migration"),
        Fact(try id("20261118T050000Z"), state: .unreadable), Fact(try id("20261117T050000Z")),
      ])
    #expect(
      table(retention) == """
        20261122T050000Z  keep: newest good point, daily 1 of 1
        20261121T050000Z  keep: newest verified point
        20261120T050000Z  forget: no rule keeps it
        20261119T050000Z  keep: on hold: before the migration
        20261118T050000Z  keep: can't be read
        20261117T050000Z  forget: no rule keeps it
        """)
  }

  @Test func whatIsPartialCountsForTheRulesAndIsNoFloor() throws {
    var partial = Fact(try id("20261122T050000Z"), isVerified: true)
    partial.isPartial = true
    let retention = try retention(
      "daily=2",
      [partial, Fact(try id("20261121T050000Z")), Fact(try id("20261120T050000Z"), isVerified: true)])
    #expect(
      table(retention) == """
        20261122T050000Z  keep: daily 1 of 2
        20261121T050000Z  keep: newest good point, daily 2 of 2
        20261120T050000Z  keep: newest verified point
        """)
  }

  @Test func whatLooksWrongNeitherTakesAPlaceNorIsForgottenBeforeSomethingGoodComes() throws {
    let retention = try retention(
      "daily=2",
      [
        Fact(try id("20261122T050000Z"), state: .suspicious), Fact(try id("20261121T050000Z")),
        Fact(try id("20261120T050000Z"), state: .suspicious), Fact(try id("20261119T050000Z")),
        Fact(try id("20261118T050000Z")),
      ])
    #expect(
      table(retention) == """
        20261122T050000Z  keep: suspicious, and no newer point is good
        20261121T050000Z  keep: newest good point, daily 1 of 2
        20261120T050000Z  forget: suspicious, and newer points are good
        20261119T050000Z  keep: daily 2 of 2
        20261118T050000Z  forget: no rule keeps it
        """)
  }

  @Test func withNothingGoodEverythingStays() throws {
    let facts = try ["20261122T050000Z", "20261121T050000Z", "20261120T050000Z"].map {
      Fact(try id($0), state: .suspicious)
    }
    #expect(try retention("last=1", facts).dropped.isEmpty)
  }

  /// A clock that was wrong must neither make its points the newest nor have them removed.
  @Test func pointsOfTheFutureStayAndCountForNothing() throws {
    let retention = try retention(
      "last=1", [Fact(try id("20370101T000000Z")), Fact(try id("20261122T050000Z")), Fact(try id("20261121T050000Z"))])
    #expect(
      table(retention) == """
        20370101T000000Z  keep: dated in the future
        20261122T050000Z  keep: newest good point, last 1 of 1
        20261121T050000Z  forget: no rule keeps it
        """)
  }

  @Test func ofPointsOfOneSecondTheLaterCounts() throws {
    let retention = try retention(
      "daily=1",
      [Fact(try id("20261122T050000Z")), Fact(try id("20261122T050000Z_2")), Fact(try id("20261122T050000Z_10"))])
    #expect(
      table(retention) == """
        20261122T050000Z_10  keep: newest good point, daily 1 of 1
        20261122T050000Z_2  forget: no rule keeps it
        20261122T050000Z  forget: no rule keeps it
        """)
  }

  @Test(arguments: [(2, 50, true), (3, 50, false), (3, 66, false), (3, 67, true), (11, 90, false), (11, 91, true)])
  func refusesToRemoveMoreThanAShare(count: Int, percent: Int, isAllowed: Bool) throws {
    let facts = try (10..<10 + count).map { Fact(try id("202611\($0)T050000Z")) }
    let retention = try retention("last=1", facts)
    #expect(retention.dropped.count == count - 1)
    if isAllowed {
      try retention.check(mostRemoved: Percentage(percent: percent))
    } else {
      let error = try #require(throws: EngineError.self) {
        try retention.check(mostRemoved: Percentage(percent: percent))
      }
      #expect(error.code == .refused)
      #expect(
        error.message
          == "cannot forget \(count - 1) of the \(count) points of tree/wiki: that is more than \(percent)% at once")
    }
  }
}
