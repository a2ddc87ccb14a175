import BackupModel
import Testing

@testable import BackupCatalog

@Suite struct RunIDTests {
  private static let begun = Timestamp(CalendarTime(year: 2026, month: 11, day: 22, hour: 5))

  @Test(arguments: [
    ("weekly", 1, "weekly-20261122T050000Z"), ("weekly", 2, "weekly-20261122T050000Z-2"),
    ("nightly-2", 1, "nightly-2-20261122T050000Z"), ("a", 12, "a-20261122T050000Z-12"),
    ("odd-20250101T000000Z", 1, "odd-20250101T000000Z-20261122T050000Z"),
    ("odd-20250101T000000Z-2", 3, "odd-20250101T000000Z-2-20261122T050000Z-3"),
  ])
  func printsAndParses(schedule: String, ordinal: Int, text: String) throws {
    let id = RunID(schedule: schedule, begun: Self.begun, ordinal: ordinal)
    #expect(id.description == text)
    #expect(RunID(parsing: text) == id)
  }

  @Test(arguments: [
    "", "weekly", "-20261122T050000Z", "20261122T050000Z", "weekly20261122T050000Z", "weekly-20261122T050000",
    "weekly-20261122T050000Z-", "weekly-20261122T050000Z-1", "weekly-20261122T050000Z-02", "weekly-20261122T050000Z-x",
    "weekly-20261322T050000Z", "weekly-2026-1122T05000Z", "weekly-20261122T050000Z2", "weekly-２0261122T050000Z",
    "weekly-20261122T050000Z-99999999999999999999",
  ])
  func refusesWhatIsNotAnID(text: String) { #expect(RunID(parsing: text) == nil) }

  @Test func dropsTheFractionOfASecond() {
    let id = RunID(schedule: "s", begun: Timestamp(seconds: 5, nanoseconds: 999))
    #expect(id == RunID(schedule: "s", begun: Timestamp(seconds: 5)))
  }
}
