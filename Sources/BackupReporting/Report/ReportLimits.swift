/// From when on something is of concern, where no objective is declared for it.
///
/// `monitoring/alerts.yaml` uses the same numbers; a test compares them.
public struct ReportLimits: Hashable, Sendable {
  /// How long a pause may hold: 1 day.
  public var pause: Duration
  /// How soon the repository's disk may be full: 14 days.
  public var diskForecast: Duration
  /// How late a timer may start its schedule, random delay included: 6 hours.
  public var lateStart: Duration
  /// How far ahead of the clock a point may be dated: 5 minutes.
  public var clockSkew: Duration

  /// Makes limits.
  public init(
    pause: Duration = .seconds(86_400), diskForecast: Duration = .seconds(14 * 86_400),
    lateStart: Duration = .seconds(6 * 3600), clockSkew: Duration = .seconds(300)
  ) {
    self.pause = pause
    self.diskForecast = diskForecast
    self.lateStart = lateStart
    self.clockSkew = clockSkew
  }
}
