import BackupModel
import HostSystem

extension Duration {
  /// The length of time as people say it, in its largest unit and the next: `9d 4h`, `3h 20m`, `45s`.
  var ageText: String {
    let units: [(name: String, seconds: Int64)] = [("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)]
    let seconds = max(0, components.seconds)
    guard let first = units.firstIndex(where: { seconds >= $0.seconds }) else { return "0s" }
    let text = "\(seconds / units[first].seconds)\(units[first].name)"
    guard first + 1 < units.count else { return text }
    let rest = seconds % units[first].seconds / units[first + 1].seconds
    return rest == 0 ? text : "\(text) \(rest)\(units[first + 1].name)"
  }
}

extension Timestamp {
  /// The time from this instant to a later one, negative if it is earlier.
  func age(at now: Timestamp) -> Duration { .seconds(now.secondsSince(self)) }

  /// The instant a length of time later, to the second.
  func adding(_ duration: Duration) -> Timestamp { adding(seconds: Int64(duration.inSeconds.rounded())) }
}
