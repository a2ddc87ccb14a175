import BackupModel

/// Dates as mail writes them.
enum MailDate {
  private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// RFC 5322, section 3.3, in UTC: `Sun, 22 Nov 2026 05:00:00 +0000`.
  static func text(_ time: Timestamp) -> String {
    let at = time.calendar
    let dayNumber = time.seconds >= 0 ? time.seconds / 86_400 : (time.seconds - 86_399) / 86_400
    let day = days[Int(((dayNumber % 7) + 7) % 7)]
    let clock = time.description.dropFirst(11).prefix(8)
    return "\(day), \(at.day) \(months[at.month - 1]) \(at.year) \(clock) +0000"
  }
}
