public import BackupModel

/// The name of a run: its schedule and the second in which it began, in UTC, and a counter for further runs of the same
/// second: `weekly-20261122T050000Z`, `weekly-20261122T050000Z-2`.
public struct RunID: Hashable, Sendable {
  /// The name of the schedule.
  public let schedule: String
  /// When the run began, to the second.
  public let begun: Timestamp
  /// 1 for the first run of that second, then 2, 3 …
  public let ordinal: Int

  /// Makes the id of the `ordinal`-th run of a schedule in a second.
  public init(schedule: String, begun: Timestamp, ordinal: Int = 1) {
    self.schedule = schedule
    self.begun = Timestamp(seconds: begun.seconds)
    self.ordinal = ordinal
  }
}

extension RunID: CustomStringConvertible {
  /// The printed form, which is typed to name a run.
  public var description: String {
    let time = begun.description.filter { $0 != "-" && $0 != ":" }
    return "\(schedule)-\(time)" + (ordinal == 1 ? "" : "-\(ordinal)")
  }

  /// Parses the printed form; nil for anything else.
  ///
  /// The name of a schedule may hold hyphens and even look like a time: the id is read from its end.
  public init?(parsing text: String) {
    for ordinal in [1, Self.ordinal(atEndOf: text)].compactMap(\.self) {
      let stem = ordinal == 1 ? text[...] : text.dropLast("-\(ordinal)".count)
      // `-20261122T050000Z`
      guard stem.utf8.count > 17, let begun = Self.time(stem.suffix(16)), stem.dropLast(16).last == "-" else {
        continue
      }
      let id = RunID(schedule: String(stem.dropLast(17)), begun: begun, ordinal: ordinal)
      if id.description == text {
        self = id
        return
      }
    }
    return nil
  }

  private static func ordinal(atEndOf text: String) -> Int? {
    guard let hyphen = text.lastIndex(of: "-"), let number = Int(text[text.index(after: hyphen)...]), number > 1 else {
      return nil
    }
    return number
  }

  /// The time that is written without hyphens and colons.
  private static func time(_ compact: Substring) -> Timestamp? {
    let digits = Array(compact)
    guard digits.count == 16 else { return nil }
    return Timestamp(
      parsing: "\(String(digits[0..<4]))-\(String(digits[4..<6]))-\(String(digits[6..<8]))"
        + "\(String(digits[8..<11])):\(String(digits[11..<13])):\(String(digits[13...]))")
  }
}
