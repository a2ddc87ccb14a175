public import BackupModel
import HostSystem

/// How a disk fills, as a line through the sums of what was added and removed day by day says.
///
/// Let `x_i` be the days since the first one observed and `y_i` the sum of what was added up to and including day `i`.
/// The growth is the slope of the least-squares line through these,
/// `b = Σ (x_i - x̄)(y_i - ȳ) / Σ (x_i - x̄)²` bytes a day.
///
/// The first day only fixes where the line begins, so the first backup of a source, which stores everything, doesn't
/// count as growth if it is the first thing observed.
public struct DiskTrend: Hashable, Sendable {
  /// Fewer days make no line.
  public static let fewestSamples = 3

  /// The slope of the line; negative if more is removed than added.
  public let bytesPerDay: Double
  /// On how many days something was added or removed.
  public let samples: Int
  /// How many days lie between the first of them and the last.
  public let days: Int

  /// Fits the line; nil if there are fewer than ``fewestSamples`` days, or they are the same day.
  public init?(growth: [DailyGrowth]) {
    let days = growth.sorted { $0.day < $1.day }
    guard days.count >= Self.fewestSamples, let first = days.first, let last = days.last else { return nil }
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
    bytesPerDay = points.reduce(0) { $0 + ($1.x - meanX) * ($1.y - meanY) } / spread
    samples = days.count
    self.days = Int((last.day.secondsSince(first.day) / 86_400).rounded())
  }

  /// What it is taken from: `1.2 GiB a day, from 20 days with a change within 30`.
  public var basis: String {
    "\(ByteCount(Int64(bytesPerDay.rounded()))) a day, from \(samples) days with a change within \(days + 1)"
  }
}

/// When a disk will be full if it goes on filling as it did: after `free / b` days of the growth `b`.
public struct DiskForecast: Hashable, Sendable {
  /// Beyond that nobody can say anything.
  fileprivate static let farthestDays = 3650.0

  /// What it is taken from.
  public let trend: DiskTrend
  /// When nothing is free any more.
  public let full: Timestamp

  /// The slope of the line.
  public var bytesPerDay: Double { trend.bytesPerDay }

  /// Works it out; nil from fewer than 3 days, from a repository that doesn't grow, or beyond 10 years.
  public init?(growth: [DailyGrowth], freeBytes: ByteCount, now: Timestamp) {
    guard let trend = DiskTrend(growth: growth) else { return nil }
    self.init(trend, freeBytes: freeBytes, now: now)
  }

  fileprivate init?(_ trend: DiskTrend, freeBytes: ByteCount, now: Timestamp) {
    let daysLeft = Double(max(0, freeBytes.bytes)) / trend.bytesPerDay
    guard trend.bytesPerDay > 0, daysLeft <= Self.farthestDays else { return nil }
    self.trend = trend
    full = now.adding(.seconds(daysLeft * 86_400))
  }
}

/// What can be said of a disk's future, and by what.
public enum DiskOutlook: Hashable, Sendable {
  /// Nothing: too few days are known.
  case unknown(samples: Int)
  /// It doesn't fill.
  case notFilling(DiskTrend)
  /// It fills, but won't be full within 10 years.
  case farAway(DiskTrend)
  /// It will be full.
  case full(DiskForecast)

  /// Concludes.
  public init(growth: [DailyGrowth], freeBytes: ByteCount, now: Timestamp) {
    guard let trend = DiskTrend(growth: growth) else {
      self = .unknown(samples: growth.count)
      return
    }
    if let forecast = DiskForecast(trend, freeBytes: freeBytes, now: now) {
      self = .full(forecast)
    } else {
      self = trend.bytesPerDay > 0 ? .farAway(trend) : .notFilling(trend)
    }
  }

  /// The line; nil if too little is known for one.
  public var trend: DiskTrend? {
    switch self {
    case .unknown: nil
    case .notFilling(let trend), .farAway(let trend): trend
    case .full(let forecast): forecast.trend
    }
  }

  /// One word for programs.
  public var word: String {
    switch self {
    case .unknown: "unknown"
    case .notFilling: "not-filling"
    case .farAway: "far-away"
    case .full: "full"
    }
  }

  /// One line for a person, with what it is taken from.
  public func text(now: Timestamp) -> String {
    switch self {
    case .unknown(let samples):
      "full when is unknown: fewer than \(DiskTrend.fewestSamples) days with a change are known (\(samples))"
    case .notFilling(let trend): "not filling (\(trend.basis))"
    case .farAway(let trend): "not full within 10 years (\(trend.basis))"
    case .full(let forecast):
      forecast.full > now
        ? "full in \(now.age(at: forecast.full).ageText) (\(forecast.trend.basis))" : "full (\(forecast.trend.basis))"
    }
  }
}

/// The repository's disk with its forecast.
public struct RepositoryReport: Hashable, Sendable {
  /// What was observed.
  public let observation: RepositoryObservation
  /// What can be said of its future.
  public let outlook: DiskOutlook

  /// When the disk will be full; nil if that isn't in sight.
  public var forecast: DiskForecast? {
    if case .full(let forecast) = outlook { forecast } else { nil }
  }

  /// Concludes.
  public init(_ observation: RepositoryObservation, now: Timestamp) {
    self.observation = observation
    outlook = DiskOutlook(growth: observation.growth, freeBytes: observation.freeBytes, now: now)
  }
}
