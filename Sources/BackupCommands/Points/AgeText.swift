import BackupModel

/// Ages as tables print them: one number and one unit.
enum AgeText {
  /// `12 s`, `5 min`, `2 h`, `3 d`; `in 2 h` for a time to come, as after a clock was set back.
  static func of(_ time: Timestamp, now: Timestamp) -> String {
    let seconds = now.seconds - time.seconds
    return seconds < 0 ? "in \(length(-seconds))" : length(seconds)
  }

  /// The largest unit of which there are at least two, so that the number has a meaning: 90 minutes aren't an hour.
  private static func length(_ seconds: Int64) -> String {
    if seconds < 120 { return "\(seconds) s" }
    if seconds < 7200 { return "\(seconds / 60) min" }
    if seconds < 172_800 { return "\(seconds / 3600) h" }
    return "\(seconds / 86_400) d"
  }
}
