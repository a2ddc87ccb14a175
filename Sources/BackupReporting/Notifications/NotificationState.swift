/// What notifications tell apart.
public enum NotificationState: String, Sendable, CaseIterable, Codable {
  /// As it should be.
  case ok
  /// Someone should look at something.
  case degraded
  /// Something was not done, or data is older than was promised.
  case failed

  /// The state of a host.
  public init(_ verdict: HostVerdict) {
    switch verdict {
    case .ok: self = .ok
    case .degraded: self = .degraded
    case .failed, .objectiveMissed: self = .failed
    }
  }

  /// The state after a run; nil while it runs and after it was interrupted, which change nothing.
  public init?(_ run: ScheduleRunState) {
    switch run {
    case .ok: self = .ok
    case .degraded: self = .degraded
    case .failed, .died: self = .failed
    case .running, .interrupted: return nil
    }
  }
}
