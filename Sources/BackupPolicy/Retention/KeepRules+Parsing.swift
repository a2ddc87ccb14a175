extension KeepRules {
  /// Reads the mapping `keep`.
  ///
  /// - Throws: ``PolicyError`` with file and line for an unknown rule, a value out of range, or rules that keep nothing.
  public init(_ node: DocumentNode) throws(PolicyError) {
    let mapping = try node.mapping(allowing: Set(Self.keys))
    var counts: [KeepRule: Int] = [:]
    for rule in KeepRule.allCases { counts[rule] = try mapping[rule.rawValue]?.int(in: 0...Self.largestCount) }
    let within = try mapping[Self.withinKey]?.duration(in: Self.acceptedSpans)
    var spans: [KeepRule: Duration] = [:]
    for rule in KeepRule.periodic { spans[rule] = try mapping[rule.withinKey]?.duration(in: Self.acceptedSpans) }
    guard within != nil || !spans.isEmpty || counts.values.contains(where: { $0 > 0 }) else {
      throw PolicyError(at: node.location, "\(node.label) keeps nothing", hint: Self.hint)
    }
    try self.init(counts, within: within, spans: spans)
  }

  /// Parses the rules as a person types them: `last=2,daily=7,within=14d`.
  ///
  /// - Throws: ``PolicyError`` of the category `usage` naming the part that is wrong, or saying that nothing is kept.
  public init(parsing text: String) throws(PolicyError) {
    var counts: [KeepRule: Int] = [:]
    var within: Duration?
    var spans: [KeepRule: Duration] = [:]
    var seen: Set<Substring> = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let words = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard words.count == 2 else {
        throw Self.refusal(text, "`\(part)` is not a rule and its number, such as `daily=7`")
      }
      guard seen.insert(words[0]).inserted else { throw Self.refusal(text, "`\(words[0])` is there twice") }
      if let rule = KeepRule(rawValue: String(words[0])) {
        guard let count = decimalNumber(words[1].utf8), count <= Self.largestCount else {
          throw Self.refusal(text, "`\(part)` needs a whole number from 0 to \(Self.largestCount)")
        }
        counts[rule] = count
      } else if let rule = KeepRule.periodic.first(where: { $0.withinKey == words[0] }) {
        spans[rule] = try Self.span(words[1], of: part, in: text)
      } else if words[0] == Self.withinKey {
        within = try Self.span(words[1], of: part, in: text)
      } else {
        throw Self.refusal(
          text, "there is no rule `\(words[0])`\(suggestion(for: String(words[0]), among: Self.keys))")
      }
    }
    guard within != nil || !spans.isEmpty || counts.values.contains(where: { $0 > 0 }) else {
      throw Self.refusal(text, "nothing would be kept")
    }
    try self.init(counts, within: within, spans: spans)
  }

  private static func span(
    _ word: Substring, of part: Substring, in text: String
  ) throws(PolicyError) -> Duration {
    guard let span = Duration(parsing: word), acceptedSpans.contains(span) else {
      throw refusal(text, "`\(part)` needs a length of time such as `36h` or `14d`")
    }
    return span
  }

  private static func refusal(_ text: String, _ why: String) -> PolicyError {
    PolicyError(
      message: "cannot understand `\(text)` as keep rules: \(why)",
      hint: "write rules as `last=2,daily=7`; there are \(listed(keys))")
  }
}
