public import BackupModel
import HostSystem

/// When a disk will be full if it goes on filling as it did.
///
/// Let `x_i` be the days since the first one observed and `y_i` the sum of what was added up to and including day `i`.
/// The growth is the slope of the least-squares line through these,
/// `b = Σ (x_i - x̄)(y_i - ȳ) / Σ (x_i - x̄)²` bytes a day, and the disk is full after `free / b` days.
///
/// The first day only fixes where the line begins, so the first backup of a source, which stores everything, doesn't
/// count as growth if it is the first thing observed. There is no forecast from fewer than 3 days, from a
/// repository that doesn't grow, or beyond 10 years.
public struct DiskForecast: Hashable, Sendable {
  /// The slope of the line.
  public let bytesPerDay: Double
  /// When nothing is free any more.
  public let full: Timestamp

  /// Fits the line; nil if there is no forecast.
  public init?(growth: [DailyGrowth], freeBytes: ByteCount, now: Timestamp) {
    let days = growth.sorted { $0.day < $1.day }
    guard days.count >= 3, let first = days.first else { return nil }
    var total = 0.0
    let points = days.map { day in
      total += Double(day.addedBytes.bytes)
      return (x: day.day.secondsSince(first.day) / 86_400, y: total)
    }
    let count = Double(points.count)
    let meanX = points.reduce(0) { $0 + $1.x } / count
    let meanY = points.reduce(0) { $0 + $1.y } / count
    let spread = points.reduce(0) { $0 + ($1.x - meanX) * ($1.x - meanX) }
    guard spread > 0 else { return nil }
    let slope = points.reduce(0) { $0 + ($1.x - meanX) * ($1.y - meanY) } / spread
    let daysLeft = Double(max(0, freeBytes.bytes)) / slope
    guard slope > 0, daysLeft <= 3650 else { return nil }
    bytesPerDay = slope
    full = now.adding(.seconds(daysLeft * 86_400))
  }
}

/// The repository's disk with its forecast.
public struct RepositoryReport: Hashable, Sendable {
  /// What was observed.
  public let observation: RepositoryObservation
  /// When the disk will be full; nil if that isn't in sight.
  public let forecast: DiskForecast?

  /// Concludes.
  public init(_ observation: RepositoryObservation, now: Timestamp) {
    self.observation = observation
    forecast = DiskForecast(growth: observation.growth, freeBytes: observation.freeBytes, now: now)
  }
}
