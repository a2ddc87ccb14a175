import BackupModel
import Testing

@testable import BackupReporting

@Suite struct DiskForecastTests {
  private func fit(_ growth: [(day: Int64, bytes: Int)], free: Int = 1000) -> DiskForecast? {
    DiskForecast(
      growth: growth.map { DailyGrowth(day: ReportScene.daysAgo(-$0.day), addedBytes: ByteCount($0.bytes)) },
      freeBytes: ByteCount(free), now: ReportScene.now)
  }

  @Test func fitsALineThroughSteadyGrowth() throws {
    let forecast = try #require(fit([(0, 50), (1, 10), (2, 10), (3, 10)]))
    #expect(abs(forecast.bytesPerDay - 10) < 1e-9)
    #expect(forecast.full == ReportScene.daysAgo(-100))
  }

  @Test func countsDaysWithoutAnArchive() throws {
    // 70 bytes a week are 10 a day.
    let forecast = try #require(fit([(0, 999), (7, 70), (14, 70), (21, 70)]))
    #expect(abs(forecast.bytesPerDay - 10) < 1e-9)
  }

  @Test func takesTheSlopeOfLeastSquaresWhenGrowthIsUneven() throws {
    // x = 0 1 2 3, y = 0 0 6 6: Σ(x-x̄)(y-ȳ) = 12, Σ(x-x̄)² = 5.
    let forecast = try #require(fit([(0, 0), (1, 0), (2, 6), (3, 0)]))
    #expect(abs(forecast.bytesPerDay - 2.4) < 1e-9)
  }

  @Test func doesNotDependOnTheOrderOfTheDays() {
    #expect(fit([(2, 30), (0, 7), (1, 10)]) == fit([(0, 7), (1, 10), (2, 30)]))
  }

  static let withoutForecast: [[(Int64, Int)]] = [
    [], [(0, 5)], [(0, 5), (1, 5)],  // too few
    [(0, 5), (0, 5), (0, 5)],  // one day only
    [(0, 500), (1, 0), (2, 0)],  // no growth after the first
    [(0, 500), (1, -10), (2, -10)],  // pruned
    [(0, 0), (4000, 1), (8000, 0)],  // beyond ten years
  ]

  @Test(arguments: withoutForecast)
  func hasNoForecastWithoutGrowth(days: [(Int64, Int)]) {
    #expect(fit(days.map { (day: $0.0, bytes: $0.1) }) == nil)
  }

  @Test func isFullNowWhenNothingIsFree() {
    #expect(fit([(0, 1), (1, 10), (2, 10)], free: 0)?.full == ReportScene.now)
  }

  // MARK: - What it is based on

  private func outlook(_ growth: [(day: Int64, bytes: Int)], free: Int = 1000) -> DiskOutlook {
    DiskOutlook(
      growth: growth.map { DailyGrowth(day: ReportScene.daysAgo(-$0.day), addedBytes: ByteCount($0.bytes)) },
      freeBytes: ByteCount(free), now: ReportScene.now)
  }

  @Test func saysWhatTheForecastIsBasedOn() {
    let full = outlook([(0, 50), (1, 10), (2, 10), (10, 80)])
    #expect(full.word == "full")
    #expect(full.trend?.samples == 4 && full.trend?.days == 10)
    #expect(full.text(now: ReportScene.now) == "full in 100d (10 B a day, from 4 days with a change within 11)")
    #expect(
      outlook([(0, 1), (1, 10), (2, 10)], free: 0).text(now: ReportScene.now)
        == "full (10 B a day, from 3 days with a change within 3)")
  }

  @Test func saysWhyThereIsNone() {
    #expect(
      outlook([(0, 5), (1, 5)]).text(now: ReportScene.now)
        == "full when is unknown: fewer than 3 days with a change are known (2)")
    #expect(outlook([]).word == "unknown" && outlook([]).trend == nil)
    let shrinking = outlook([(0, 500), (1, -10), (2, -10)])
    #expect(shrinking.word == "not-filling")
    #expect(shrinking.text(now: ReportScene.now) == "not filling (-10 B a day, from 3 days with a change within 3)")
    let slow = outlook([(0, 0), (4000, 1), (8000, 0)])
    #expect(slow.word == "far-away")
    #expect(slow.text(now: ReportScene.now).hasPrefix("not full within 10 years ("))
  }
}
