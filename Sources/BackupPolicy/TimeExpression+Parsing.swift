import BackupModel

extension TimeExpression {
  /// Parses an expression; capitals and further spaces don't matter. Returns nil for anything else.
  public init?(parsing text: some StringProtocol) {
    let words = text.split(separator: " ")
    switch words.count {
    case 1:
      switch words[0].lowercased() {
      case "latest": form = .latest
      case "now": form = .now
      case "today": form = .today
      case "yesterday": form = .yesterday
      default:
        guard let form = Self.pointID(words[0]) ?? Self.dateAndTime(words[0]) else { return nil }
        self.form = form
      }
    case 2:
      // `2026-11-22 05:00` is the form with a `T`, typed more readably.
      guard words[0].utf8.count == 10, let form = Self.dateAndTime(words[0] + "T" + words[1]) else { return nil }
      self.form = form
    case 3:
      guard words[2].lowercased() == "ago", words[0].utf8.count <= 9, let count = decimalNumber(words[0].utf8) else {
        return nil
      }
      let word = words[1].lowercased()
      guard let unit = Unit(rawValue: word.hasSuffix("s") ? String(word.dropLast()) : word) else { return nil }
      form = .ago(count, unit)
    default:
      return nil
    }
  }

  /// A beginning of at least a year of `20261122T050000Z_2`.
  private static func pointID(_ text: some StringProtocol) -> Form? {
    let shape = Array("ddddddddTddddddZ_".utf8)
    let bytes = Array(text.utf8)
    guard bytes.count >= 4 else { return nil }
    for (position, byte) in bytes.enumerated() {
      let isDigit = byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
      let wantsDigit = position >= shape.count || shape[position] == UInt8(ascii: "d")
      guard wantsDigit ? isDigit : byte == shape[position] else { return nil }
    }
    return .pointID(String(text))
  }

  /// `2026-11-22`, `2026-11-22T05:00`, `2026-11-22T05:00:00`, the last also with a fraction, `Z` or `+01:00`.
  private static func dateAndTime(_ text: some StringProtocol) -> Form? {
    var rest = Array(text.utf8)[...]
    func number(_ digits: Int) -> Int? {
      guard rest.count >= digits, let number = decimalNumber(rest.prefix(digits)) else { return nil }
      rest = rest.dropFirst(digits)
      return number
    }
    func skip(_ byte: UInt8) -> Bool {
      guard rest.first == byte else { return false }
      rest = rest.dropFirst()
      return true
    }
    guard let year = number(4), skip(UInt8(ascii: "-")), let month = number(2), skip(UInt8(ascii: "-")),
      let day = number(2), (1...12).contains(month), (1...daysInMonth(month, of: year)).contains(day)
    else { return nil }
    var time = CalendarTime(year: year, month: month, day: day)
    if rest.isEmpty { return .local(time, lasting: 86_400) }
    guard skip(UInt8(ascii: "T")) || skip(UInt8(ascii: "t")), let hour = number(2), skip(UInt8(ascii: ":")),
      let minute = number(2), hour <= 23, minute <= 59
    else { return nil }
    time.hour = hour
    time.minute = minute
    if rest.isEmpty { return .local(time, lasting: 60) }
    var length = 60
    if skip(UInt8(ascii: ":")) {
      // RFC 3339 allows second 60; it is the first of the next minute here, as times count no leap seconds.
      guard let second = number(2), second <= 60 else { return nil }
      time.second = second
      length = 1
      if skip(UInt8(ascii: ".")) {
        // Points begin on whole seconds, so a fraction can't decide between two of them.
        let fraction = rest.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        guard !fraction.isEmpty else { return nil }
        rest = rest[fraction.endIndex...]
      }
      if rest.isEmpty { return .local(time, lasting: 1) }
    }
    var offset = 0
    if !skip(UInt8(ascii: "Z")) && !skip(UInt8(ascii: "z")) {
      let isWest = skip(UInt8(ascii: "-"))
      guard isWest || skip(UInt8(ascii: "+")), let hours = number(2), skip(UInt8(ascii: ":")), let minutes = number(2),
        hours <= 23, minutes <= 59
      else { return nil }
      offset = (hours * 3600 + minutes * 60) * (isWest ? -1 : 1)
    }
    guard rest.isEmpty else { return nil }
    return .instant(Timestamp(time).adding(seconds: Int64(length - 1 - offset)))
  }
}
