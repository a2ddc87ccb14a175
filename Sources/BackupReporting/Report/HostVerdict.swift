/// How bad things are, from best to worst.
public enum HostVerdict: Int, Sendable, CaseIterable, Comparable, Codable {
  /// Nothing to report.
  case ok
  /// Someone should look at something.
  case degraded
  /// Something was not done, but all data is still as young as was promised.
  case failed
  /// Some data is older than was promised.
  case objectiveMissed

  /// The word that status, JSON and metrics show.
  public var word: String {
    switch self {
    case .ok: "ok"
    case .degraded: "degraded"
    case .failed: "failed"
    case .objectiveMissed: "objective-missed"
    }
  }

  /// Orders from best to worst.
  public static func < (left: HostVerdict, right: HostVerdict) -> Bool { left.rawValue < right.rawValue }
}
