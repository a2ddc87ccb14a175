import BackupModel
import BackupPolicy
import Testing

@testable import BackupEngine

/// Golden tables: each line is a point and what becomes of it, newest first.
@Suite struct KeepFreeTests {
  private typealias Fact = PointRetention.Fact

  private static let wiki = SourceID(kind: .tree, name: "wiki")
  private static let mail = SourceID(kind: .tree, name: "mail")

  private func plan(
    _ source: SourceID?, _ rules: String, _ facts: [(day: Int, change: (inout PointRetention.Fact) -> Void)]
  )
    throws -> PointRetention
  {
    PointRetention(
      of: try #require(source),
      try facts.map { day, change in
        var fact = Fact(try #require(RecoveryPointID(parsing: "202611\(day)T050000Z")))
        change(&fact)
        return fact
      }, try KeepRules(parsing: rules), now: try #require(Timestamp(parsing: "2026-11-22T12:00:00Z")), calendar: .utc)
  }

  private func days(_ days: ClosedRange<Int>) -> [(day: Int, change: (inout PointRetention.Fact) -> Void)] {
    days.map { ($0, { _ in }) }
  }

  private func table(_ keepFree: KeepFree) -> String {
    keepFree.plans.flatMap { plan in
      plan.verdicts.map {
        "\(plan.source.name) \($0.fact.id.begun.dayOfMonth) \($0.isKept ? "keep" : "forget"): \($0.text)"
      }
    }.joined(separator: "\n")
  }

  /// A disk of 1000 bytes; each point has 50 bytes of its own, unless told.
  private func decide(
    _ goal: String, free: Int, trash: Int = 0, _ plans: [PointRetention], unknown: SourceID? = nil,
    own: (SourceID, RecoveryPointID) -> Int = { _, _ in 50 }
  ) throws -> KeepFree {
    KeepFree(
      try #require(FreeSpaceGoal(parsing: goal)), plans,
      on: KeepFree.Disk(free: ByteCount(free), total: ByteCount(1000), trash: ByteCount(trash))
    ) { source, ids in
      source == unknown ? nil : ByteCount(ids.reduce(0) { $0 + own(source, $1) })
    }
  }

  @Test func theOldestGoFirstWhateverTheirSource() throws {
    let decided = try decide(
      "20%", free: 40, [try plan(Self.wiki, "last=9", days(18...22)), try plan(Self.mail, "last=9", days(17...19))])
    #expect(
      table(decided) == """
        wiki 22 keep: newest good point, last 1 of 9
        wiki 21 keep: last 2 of 9
        wiki 20 keep: last 3 of 9
        wiki 19 forget: keep-free: the disk has 4% free of the wanted 20%
        wiki 18 forget: keep-free: the disk has 4% free of the wanted 20%
        mail 19 keep: newest good point, last 1 of 9
        mail 18 forget: keep-free: the disk has 4% free of the wanted 20%
        mail 17 forget: keep-free: the disk has 4% free of the wanted 20%
        """)
    #expect(decided.expected == ByteCount(240))
    #expect(decided.missing == nil && decided.shortfall == nil)
    #expect(
      decided.text
        == "keep-free: the disk has 4% free of the wanted 20%, 0 B will be freed by the trash and the rules, "
        + "about 200 B by 4 more points")
  }

  @Test func whatTheTrashAndTheRulesFreeCountsAsFree() throws {
    let plans = [try plan(Self.wiki, "last=3", days(18...22))]
    let enough = try decide("20%", free: 40, trash: 60, plans)
    #expect(enough.pointCount == 0 && enough.plans[0].dropped.count == 2)
    #expect(enough.expected == ByteCount(200))
    #expect(enough.text.hasSuffix("160 B will be freed by the trash and the rules"))
    let more = try decide("20%", free: 40, trash: 59, plans)
    #expect(more.pointCount == 1 && more.plans[0].dropped.count == 3)
    // With enough nobody is asked what would be freed.
    let none = try decide("20%", free: 200, plans, unknown: Self.wiki)
    #expect(none.plans[0].dropped.count == 2)
    #expect(none.text == "keep-free: the disk has 20% free of the wanted 20%: nothing more goes")
  }

  @Test func floorsStayAndAreNamedIfTheRoomIsMissing() throws {
    let decided = try decide(
      "500", free: 100,
      [
        try plan(
          Self.wiki, "last=9",
          [
            (16, { $0.state = .unreadable }), (17, { $0.holdReason = "before the migration" }), (18, { _ in }),
            (19, { $0.isVerified = true }), (20, { _ in }), (21, { _ in }), (22, { $0.state = .suspicious }),
            (23, { _ in }),
          ])
      ])
    #expect(
      table(decided) == """
        wiki 23 keep: dated in the future
        wiki 22 keep: suspicious, and no newer point is good
        wiki 21 keep: newest good point, last 1 of 9
        wiki 20 forget: keep-free: the disk has 100 B free of the wanted 500 B
        wiki 19 keep: newest verified point, last 3 of 9
        wiki 18 forget: keep-free: the disk has 100 B free of the wanted 500 B
        wiki 17 keep: on hold: before the migration, last 5 of 9
        wiki 16 keep: can't be read
        """)
    #expect(decided.missing == ByteCount(300))
    #expect(
      decided.shortfall
        == "keep-free: 300 B will be missing of the wanted 500 B although all goes that may: "
        + "tree/wiki@20261117T050000Z is on hold: before the migration; 5 points that are the newest good or verified, "
        + "dated later than now, or not known to be good")
  }

  @Test func whatFreesNothingStays() throws {
    let plans = [try plan(Self.wiki, "last=9", days(18...22)), try plan(Self.mail, "last=9", days(17...19))]
    // The points of the mail share all they need with the newest one.
    let decided = try decide("13%", free: 40, plans) { source, _ in source == Self.mail ? 0 : 50 }
    #expect(decided.plans[1].dropped.isEmpty)
    #expect(decided.plans[0].dropped.map(\.begun.dayOfMonth) == [19, 18])
    // Also where there is never enough.
    let never = try decide("90%", free: 40, plans) { source, _ in source == Self.mail ? 0 : 50 }
    #expect(never.plans[1].dropped.isEmpty)
    #expect(never.plans[0].dropped.count == 4)
    #expect(never.missing == ByteCount(660))
  }

  @Test func aSourceOfWhichNothingIsKnownKeepsItsPoints() throws {
    let plans = [try plan(Self.wiki, "last=9", days(20...22)), try plan(Self.mail, "last=9", days(17...19))]
    let decided = try decide("30%", free: 40, plans, unknown: Self.mail)
    #expect(decided.plans.map(\.dropped.count) == [2, 0])
    #expect(
      decided.shortfall?.contains("tree/mail: it isn't known what its points need: run `backupctl check mail`") == true)
  }

  @Test func isRefusedIfMoreGoesThanMayGoAtOnce() throws {
    let decided = try decide("90%", free: 40, [try plan(Self.wiki, "last=9", days(18...22))])
    #expect(throws: EngineError.self) { try decided.plans[0].check(mostRemoved: Percentage(percent: 50)) }
  }
}

extension Timestamp {
  fileprivate var dayOfMonth: Int { calendar.day }
}
