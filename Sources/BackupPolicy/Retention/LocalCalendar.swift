public import BackupModel

/// The calendar by which days, weeks and hours are told apart.
///
/// It is given and not looked up, so that the same items are kept wherever the rules are worked out. For the time zone
/// of the machine, hand over the function that asks the system for the offset at an instant.
public struct LocalCalendar: Sendable {
  private let utcOffset: @Sendable (Timestamp) -> Int

  /// Makes a calendar.
  ///
  /// - Parameter utcOffset: the offset of local time at an instant, in seconds east of UTC.
  public init(utcOffset: @escaping @Sendable (Timestamp) -> Int) {
    self.utcOffset = utcOffset
  }

  /// The calendar of UTC.
  public static let utc = LocalCalendar { _ in 0 }

  /// The local date and time of an instant.
  public func time(at instant: Timestamp) -> CalendarTime {
    instant.adding(seconds: Int64(utcOffset(instant))).calendar
  }

  /// The name of the period of a rule in which an instant lies: `2026-11-22T05`, `2026-11-22`, `2026-W47`, `2026-11`,
  /// `2026`; nil for ``KeepRule/last``, which has no periods.
  ///
  /// An hour that a change of the clocks repeats has the same name both times.
  public func period(of rule: KeepRule, at instant: Timestamp) -> String? {
    let time = time(at: instant)
    let year = Self.padded(time.year, 4)
    let month = "\(year)-\(Self.padded(time.month, 2))"
    let day = "\(month)-\(Self.padded(time.day, 2))"
    switch rule {
    case .last: return nil
    case .hourly: return "\(day)T\(Self.padded(time.hour, 2))"
    case .daily: return day
    case .weekly:
      let week = Self.week(of: time)
      return "\(Self.padded(week.year, 4))-W\(Self.padded(week.number, 2))"
    case .monthly: return month
    case .yearly: return year
    }
  }

  /// The week of ISO 8601: it begins on Monday and belongs to the year in which its Thursday lies.
  private static func week(of time: CalendarTime) -> (year: Int, number: Int) {
    let day = dayNumber(time)
    // 1970-01-01, day 0, was a Thursday; Monday counts as 0.
    let weekday = ((day + 3) % 7 + 7) % 7
    let thursday = day - weekday + 3
    let year = Timestamp(seconds: Int64(thursday) * 86_400).calendar.year
    return (year, (thursday - dayNumber(CalendarTime(year: year, month: 1, day: 1))) / 7 + 1)
  }

  /// The days since 1970-01-01.
  private static func dayNumber(_ time: CalendarTime) -> Int {
    Int(Timestamp(CalendarTime(year: time.year, month: time.month, day: time.day)).seconds) / 86_400
  }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
