import BackupModel
import TestSupport
import Testing

@Suite struct TimestampTests {
  @Test(arguments: [
    (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"), (951_782_400, "2000-02-29T00:00:00Z"),
    (1_795_323_600, "2026-11-22T05:00:00Z"), (4_107_542_399, "2100-02-28T23:59:59Z"),
    (4_107_542_400, "2100-03-01T00:00:00Z"), (253_402_300_799, "9999-12-31T23:59:59Z"),
    (-62_167_219_200, "0000-01-01T00:00:00Z"),
  ])
  func printsAndParsesAnInstant(seconds: Int64, text: String) {
    #expect(Timestamp(seconds: seconds).description == text)
    #expect(Timestamp(parsing: text) == Timestamp(seconds: seconds))
  }

  @Test func parsesWhatItPrintsForRandomInstants() {
    var random = SeededRandom(seed: 11)
    for _ in 0..<1000 {
      let time = Timestamp(seconds: Int64.random(in: -62_167_219_200...253_402_300_799, using: &random))
      #expect(Timestamp(parsing: time.description) == time)
      #expect(Timestamp(time.calendar) == time)
    }
  }

  @Test(arguments: [
    "", "2026-11-22", "2026-11-22T05:00:00", "2026-11-22t05:00:00Z", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
    "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
    "2026-01-01T00:00:60Z", "2026-01-01T00:00:00+01:00", "-026-01-01T00:00:00Z", "2026-01-01T00:00:00Z ",
    "２026-01-01T00:00Z",
  ])
  func refusesWhatIsNotAnInstant(text: String) { #expect(Timestamp(parsing: text) == nil) }

  @Test func ordersByNanosecondsWithinASecond() {
    let early = Timestamp(seconds: -5, nanoseconds: 1)
    let late = Timestamp(seconds: -5, nanoseconds: 999_999_999)
    #expect(early < late)
    #expect(late < Timestamp(seconds: -4))
    #expect(abs(late.secondsSince(early) - 0.999999998) < 1e-12)
    #expect(early.adding(seconds: 10) == Timestamp(seconds: 5, nanoseconds: 1))
  }
}
