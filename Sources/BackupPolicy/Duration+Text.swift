extension Duration {
  /// The units of a written length of time, largest first, with their seconds.
  private static var writtenUnits: [(letter: UInt8, seconds: Int64)] {
    [
      (UInt8(ascii: "w"), 604_800), (UInt8(ascii: "d"), 86_400), (UInt8(ascii: "h"), 3600), (UInt8(ascii: "m"), 60),
      (UInt8(ascii: "s"), 1),
    ]
  }

  /// Parses a length of time as configurations write it: numbers with `w`, `d`, `h`, `m` or `s`, larger units first.
  ///
  /// `90s`, `1m30s`, `2h`, `3d`. Returns nil for anything else: no unit, a unit twice or out of order, a sign, a
  /// fraction, more than nine digits in a number.
  public init?(parsing text: some StringProtocol) {
    var seconds: Int64 = 0
    var rest = Substring(text).utf8
    var units = Self.writtenUnits[...]
    while !rest.isEmpty {
      let digits = rest.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
      rest = rest[digits.endIndex...]
      guard digits.count <= 9, let number = decimalNumber(digits), let letter = rest.popFirst(),
        let unit = units.firstIndex(where: { $0.letter == letter })
      else { return nil }
      seconds += Int64(number) * units[unit].seconds
      units = units[(unit + 1)...]
    }
    guard !text.isEmpty else { return nil }
    self = .seconds(seconds)
  }

  /// The length of time as configurations write it, without fractions of a second: `1m30s`, `2h`, `0s`.
  public var policyText: String {
    var rest = components.seconds
    guard rest > 0 else { return "0s" }
    var text = ""
    // Weeks are accepted but not printed: `14d` is read faster than `2w` beside `10d`.
    for unit in Self.writtenUnits.dropFirst() where rest >= unit.seconds {
      text += "\(rest / unit.seconds)\(Unicode.Scalar(unit.letter))"
      rest %= unit.seconds
    }
    return text
  }
}
