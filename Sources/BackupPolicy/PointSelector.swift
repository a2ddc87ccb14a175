public import BackupModel

/// Which recovery point a person means: `NAME[@TIME]`, such as `etc`, `etc@latest` or `nfs/immich@2 days ago`.
public struct PointSelector: Hashable, Sendable {
  /// The source's name, without its kind.
  public let name: String
  /// Which of the source's points.
  public let time: TimeExpression

  /// Makes a selector of its parts.
  public init(name: String, time: TimeExpression = .latest) {
    self.name = name
    self.time = time
  }

  /// Parses `NAME` or `NAME@TIME`.
  ///
  /// The text is split at its last `@`; a name that has an `@` of its own is therefore written with a time.
  ///
  /// - Throws: ``PolicyError`` of the category `usage` if the part behind the `@` is no time or the name is no name.
  public init(parsing text: String) throws(PolicyError) {
    guard let at = text.lastIndex(of: "@") else {
      try self.init(checking: text, time: .latest)
      return
    }
    let right = text[text.index(after: at)...]
    guard let time = TimeExpression(parsing: right) else {
      throw PolicyError(
        message: "cannot understand `\(right)` in `\(text)` as a time: accepted are \(TimeExpression.accepted)",
        hint: right.isEmpty ? nil : "if `@\(right)` belongs to the name, write `\(text)@latest`")
    }
    try self.init(checking: String(text[..<at]), time: time)
  }

  private init(checking name: String, time: TimeExpression) throws(PolicyError) {
    guard SourceID(kind: .tree, name: name) != nil else {
      throw PolicyError(
        message: "cannot use `\(name)` as the name of a source: a name is components joined by `/`, each of letters, "
          + "digits and `. _ - + @ : %`")
    }
    self.init(name: name, time: time)
  }

  /// The point that is meant.
  ///
  /// A time selects the newest point begun at or before it, a point id the one point that has it, the beginning of an id the one
  /// point whose id begins so.
  ///
  /// - Parameters:
  ///   - points: the source's points, in any order.
  ///   - now: the present, for `3 days ago` and for ages in messages.
  ///   - utcOffset: the offset of the person's local time, in seconds east of UTC.
  /// - Throws: ``PolicyError`` of the category `failed` if there is no such point, naming the nearest before and after,
  ///   of the category `usage` if several points begin with a typed id.
  public func select(
    among points: [RecoveryPointID], now: Timestamp, utcOffset: Int = 0
  ) throws(PolicyError) -> RecoveryPointID {
    let points = points.sorted()
    guard let newest = points.last else {
      throw PolicyError(
        category: .failed, message: "cannot select a point of `\(name)`: it has none",
        hint: "`backupctl points` lists what there is")
    }
    if case .pointID(let typed) = time.form { return try select(typed, among: points, now: now) }
    guard let end = time.end(now: now, utcOffset: utcOffset) else { return newest }
    guard let point = points.last(where: { $0.begun <= end }) else {
      throw PolicyError(
        category: .failed,
        message: "cannot select a point of `\(name)`: none was begun at or before \(end)"
          + nearest(to: end, points, now))
    }
    return point
  }

  private func select(
    _ typed: String, among points: [RecoveryPointID], now: Timestamp
  ) throws(PolicyError) -> RecoveryPointID {
    // A whole id never means another point, not even the second one of its second once the first is forgotten.
    let isWhole = RecoveryPointID(parsing: typed) != nil
    let candidates = points.filter { isWhole ? $0.description == typed : $0.description.hasPrefix(typed) }
    guard let candidate = candidates.first else {
      let near = Self.beginning(of: typed).map { nearest(to: $0, points, now) } ?? ""
      throw PolicyError(category: .failed, message: "cannot select a point of `\(name)`: none is `\(typed)`\(near)")
    }
    guard candidates.count == 1 else {
      let more = candidates.count > 5 ? " and \(candidates.count - 5) more" : ""
      throw PolicyError(
        message: "cannot select a point of `\(name)`: \(candidates.count) points begin with `\(typed)`: "
          + listed(candidates.prefix(5).map(\.description)) + more,
        hint: "type more of the id, or a time for the newest point at or before it")
    }
    return candidate
  }

  /// The earliest time that a beginning of a point id can stand for; nil if it is no time at all, such as month 13.
  private static func beginning(of typed: String) -> Timestamp? {
    // Month and day begin at 1, but a typed `1` of two digits is continued by `0`: 10, not 11.
    let smallest = Array("00000101T000000Z".utf8)
    var text = Array(typed.utf8.prefix(smallest.count))
    for position in text.count..<smallest.count {
      let isSecondDigit = position == 5 || position == 7
      text.append(isSecondDigit && text[position - 1] != UInt8(ascii: "0") ? UInt8(ascii: "0") : smallest[position])
    }
    return RecoveryPointID(parsing: String(decoding: text, as: UTF8.self))?.begun
  }

  /// The end of a message: the points around a time, with their ages.
  private func nearest(to time: Timestamp, _ points: [RecoveryPointID], _ now: Timestamp) -> String {
    let before = points.last { $0.begun < time }
    let after = points.first { $0.begun >= time }
    let texts = [
      before.map { "`\($0)` before it (\(Self.age($0.begun, now)))" },
      after.map { "`\($0)` after it (\(Self.age($0.begun, now)))" },
    ].compactMap { $0 }
    return texts.count == 2
      ? "; the nearest are " + texts.joined(separator: " and ") : "; the nearest is " + texts.joined()
  }

  /// How old a point is, in the largest unit of which there are at least two.
  private static func age(_ begun: Timestamp, _ now: Timestamp) -> String {
    let seconds = now.seconds - begun.seconds
    let magnitude = seconds.magnitude
    let units: [(name: String, seconds: UInt64)] = [("days", 86_400), ("hours", 3600), ("minutes", 60)]
    let unit = units.first { magnitude >= 2 * $0.seconds } ?? ("seconds", 1)
    let count = "\(magnitude / unit.seconds) \(unit.name)"
    return seconds >= 0 ? "\(count) old" : "\(count) in the future"
  }
}
