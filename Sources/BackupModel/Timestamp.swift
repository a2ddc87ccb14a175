/// An instant: seconds and nanoseconds since 1970-01-01 00:00:00 UTC, leap seconds not counted, as the kernel gives it.
public struct Timestamp: Hashable, Comparable, Sendable {
  /// Whole seconds, rounded towards the past; negative before 1970.
  public var seconds: Int64
  /// Nanoseconds after `seconds`, 0 to 999,999,999.
  public var nanoseconds: Int32

  /// Makes an instant.
  public init(seconds: Int64, nanoseconds: Int32 = 0) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }

  /// Orders by time.
  public static func < (left: Timestamp, right: Timestamp) -> Bool {
    (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
  }

  /// The instant `seconds` later, or earlier if negative.
  public func adding(seconds more: Int64) -> Timestamp {
    Timestamp(seconds: seconds + more, nanoseconds: nanoseconds)
  }

  /// Seconds from `earlier` to this instant.
  public func secondsSince(_ earlier: Timestamp) -> Double {
    Double(seconds - earlier.seconds) + Double(nanoseconds - earlier.nanoseconds) / 1e9
  }
}

/// A date and time of day in UTC, proleptic Gregorian.
public struct CalendarTime: Hashable, Sendable {
  /// The year.
  public var year: Int
  /// The month, 1 to 12.
  public var month: Int
  /// The day of the month, 1 to 31.
  public var day: Int
  /// The hour, 0 to 23.
  public var hour: Int
  /// The minute, 0 to 59.
  public var minute: Int
  /// The second, 0 to 59.
  public var second: Int

  /// Makes a date and time without checking the ranges.
  public init(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
    self.year = year
    self.month = month
    self.day = day
    self.hour = hour
    self.minute = minute
    self.second = second
  }
}

// The two conversions are Howard Hinnant's `days_from_civil` and `civil_from_days`
// (chrono-Compatible Low-Level Date Algorithms), in eras of 400 years.
extension Timestamp {
  /// The instant of a date and time in UTC.
  public init(_ calendar: CalendarTime) {
    let year = calendar.month <= 2 ? calendar.year - 1 : calendar.year
    let era = (year >= 0 ? year : year - 399) / 400
    let yearOfEra = year - era * 400
    let monthFromMarch = (calendar.month + 9) % 12
    let dayOfYear = (153 * monthFromMarch + 2) / 5 + calendar.day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    let days = era * 146_097 + dayOfEra - 719_468
    self.init(seconds: Int64(days * 86_400 + calendar.hour * 3600 + calendar.minute * 60 + calendar.second))
  }

  /// The date and time in UTC, without the nanoseconds.
  public var calendar: CalendarTime {
    let secondOfDay = Int(((seconds % 86_400) + 86_400) % 86_400)
    let days = (Int(seconds) - secondOfDay) / 86_400 + 719_468
    let era = (days >= 0 ? days : days - 146_096) / 146_097
    let dayOfEra = days - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return CalendarTime(
      year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month: month,
      day: dayOfYear - (153 * monthFromMarch + 2) / 5 + 1,
      hour: secondOfDay / 3600, minute: secondOfDay / 60 % 60, second: secondOfDay % 60)
  }
}

extension Timestamp: CustomStringConvertible {
  /// RFC 3339 in UTC, to the second: `2026-11-22T05:00:00Z`.
  public var description: String {
    let at = calendar
    return "\(padded(at.year, 4))-\(padded(at.month, 2))-\(padded(at.day, 2))"
      + "T\(padded(at.hour, 2)):\(padded(at.minute, 2)):\(padded(at.second, 2))Z"
  }

  /// Parses what ``description`` prints; nil for anything else.
  public init?(parsing text: some StringProtocol) {
    let bytes = Array(text.utf8)
    guard bytes.count == 20, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
      bytes[10] == UInt8(ascii: "T"), bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
      bytes[19] == UInt8(ascii: "Z"),
      let year = decimal(bytes[0..<4]), let month = decimal(bytes[5..<7]), let day = decimal(bytes[8..<10]),
      let hour = decimal(bytes[11..<13]), let minute = decimal(bytes[14..<16]), let second = decimal(bytes[17..<19])
    else { return nil }
    let calendar = CalendarTime(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
    self.init(calendar)
    guard self.calendar == calendar else { return nil }
  }
}

extension Timestamp: Codable {
  /// Decodes the printed form.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let parsed = Timestamp(parsing: try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a time like 2026-11-22T05:00:00Z")
    }
    self = parsed
  }

  /// Encodes the printed form.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// A decimal number with leading zeros up to a width.
func padded(_ number: Int, _ width: Int) -> String {
  let digits = String(number)
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

/// The number that ASCII digits spell; nil if there is another byte or none.
func decimal(_ digits: some Collection<UInt8>) -> Int? {
  guard !digits.isEmpty, digits.count <= 18 else { return nil }
  var number = 0
  for digit in digits {
    guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
    number = number * 10 + Int(digit - UInt8(ascii: "0"))
  }
  return number
}
