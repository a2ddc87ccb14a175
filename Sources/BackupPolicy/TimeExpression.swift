public import BackupModel

/// A time as a person types it after `--at` or behind the `@` of a selector.
///
/// An expression of limited precision stands for its end: a date for the last second of that day, a date with hour and
/// minute for the last second of that minute, so that what a listing prints finds what the listing shows.
public struct TimeExpression: Hashable, Sendable {
  let form: Form

  /// What was typed, understood.
  enum Form: Hashable, Sendable {
    case latest
    /// A whole point id or the beginning of one.
    case pointID(String)
    /// A time with its offset from UTC.
    case instant(Timestamp)
    /// A local date and time whose last second is meant; the precision says how long it lasts.
    case local(CalendarTime, lasting: Int)
    case ago(Int, Unit)
    case today
    case yesterday
    case now
  }

  /// A unit of `3 days ago`.
  enum Unit: String, CaseIterable, Sendable {
    case second, minute, hour, day, week, month, year

    /// The seconds of a unit of fixed length; nil for months and years.
    var seconds: Int64? {
      switch self {
      case .second: 1
      case .minute: 60
      case .hour: 3600
      case .day: 86_400
      case .week: 604_800
      case .month, .year: nil
      }
    }
  }

  /// The newest point.
  public static let latest = TimeExpression(form: .latest)

  init(form: Form) { self.form = form }

  /// What is accepted, for messages and help.
  public static let accepted =
    "`latest`, a point id or its beginning (`20261122T05`), a date (`2026-11-22`), a date and time "
    + "(`2026-11-22 05:00`), an RFC 3339 time (`2026-11-22T05:00:00Z`), `3 days ago`, `now`, `today` or `yesterday`"

  /// The last instant that the expression means; nil for `latest` and point ids, which mean no time.
  ///
  /// - Parameters:
  ///   - now: the present.
  ///   - utcOffset: the offset of local time, in seconds east of UTC.
  public func end(now: Timestamp, utcOffset: Int) -> Timestamp? {
    let offset = Int64(utcOffset)
    let localNow = now.adding(seconds: offset).calendar
    let startOfToday = CalendarTime(year: localNow.year, month: localNow.month, day: localNow.day)
    switch form {
    case .latest, .pointID: return nil
    case .instant(let instant): return instant
    case .local(let start, let length): return Timestamp(start).adding(seconds: Int64(length) - 1 - offset)
    case .now: return now
    case .today: return Timestamp(startOfToday).adding(seconds: 86_399 - offset)
    case .yesterday: return Timestamp(startOfToday).adding(seconds: -1 - offset)
    case .ago(let count, let unit):
      if let seconds = unit.seconds { return now.adding(seconds: -Int64(count) * seconds) }
      return Timestamp(Self.monthsBefore(localNow, unit == .year ? count * 12 : count)).adding(seconds: -offset)
    }
  }

  /// The same day and time some months earlier; the last day of the month if that month is shorter.
  private static func monthsBefore(_ time: CalendarTime, _ months: Int) -> CalendarTime {
    let total = time.year * 12 + time.month - 1 - months
    var earlier = time
    earlier.year = total >= 0 ? total / 12 : (total - 11) / 12
    earlier.month = total - earlier.year * 12 + 1
    earlier.day = min(time.day, daysInMonth(earlier.month, of: earlier.year))
    return earlier
  }

  /// The number of days of a month, proleptic Gregorian.
  static func daysInMonth(_ month: Int, of year: Int) -> Int {
    switch month {
    case 4, 6, 9, 11: 30
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    default: 31
    }
  }
}
