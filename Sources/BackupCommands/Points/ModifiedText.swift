import BackupModel

/// Modification times of entries.
enum ModifiedText {
  /// RFC 3339 in UTC with all nanoseconds: `2026-11-22T05:00:00.000000001Z`.
  static func exact(_ time: Timestamp) -> String {
    let digits = String(time.nanoseconds)
    return "\(time.description.dropLast())." + String(repeating: "0", count: max(0, 9 - digits.count)) + digits + "Z"
  }
}
