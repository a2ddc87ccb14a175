/// When a schedule starts by itself; becomes a systemd timer.
public struct TimerDeclaration: Hashable, Sendable {
  /// Calendar expressions as systemd.time(7) has them, at least one; kept as they are written.
  public var onCalendar: [String]
  /// Whether a start that was missed while the machine was off is made up for; false unless set, as in systemd.
  public var isPersistent: Bool
  /// The longest random delay of a start, up to a day; none unless set.
  public var randomizedDelay: Duration

  /// Makes a timer.
  public init(onCalendar: [String], isPersistent: Bool = false, randomizedDelay: Duration = .zero) {
    self.onCalendar = onCalendar
    self.isPersistent = isPersistent
    self.randomizedDelay = randomizedDelay
  }

  /// Reads the mapping `timer`.
  init(_ node: DocumentNode) throws(PolicyError) {
    let mapping = try node.mapping(allowing: ["on-calendar", "persistent", "randomized-delay"])
    let calendar = try mapping.required("on-calendar")
    onCalendar = try calendar.stringNodes().map { element throws(PolicyError) in
      let text = try element.nonBlankString("a calendar expression such as `Sun *-*-* 05:00:00`")
      // A line break would start a further line in the timer's unit file.
      guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value < 0x7f }) else {
        throw element.unexpected(expected: "a calendar expression such as `Sun *-*-* 05:00:00`")
      }
      return text
    }
    guard !onCalendar.isEmpty else { throw calendar.unexpected(expected: "at least one calendar expression") }
    isPersistent = try mapping["persistent"]?.bool() ?? false
    randomizedDelay = try mapping["randomized-delay"]?.duration(in: .zero ... .seconds(86_400)) ?? .zero
  }
}
