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
}
