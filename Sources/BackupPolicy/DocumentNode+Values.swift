public import BackupModel

extension DocumentNode {
  /// The value as text; a plain word, a number or quoted text, but not nothing.
  public func string() throws(PolicyError) -> String {
    guard case .scalar(let text, let isQuoted) = content, isQuoted || (!text.isEmpty && text != "~" && text != "null")
    else { throw unexpected(expected: "text") }
    return text
  }

  /// The value as text that isn't blank, such as a reason.
  public func nonBlankString(_ what: String = "text that is not blank") throws(PolicyError) -> String {
    guard case .scalar(let text, _) = content, !text.allSatisfy(\.isWhitespace), text != "~", text != "null" else {
      throw unexpected(expected: what)
    }
    return text
  }

  /// The value as `true` or `false`; no other spelling.
  public func bool() throws(PolicyError) -> Bool {
    switch content {
    case .scalar("true", isQuoted: false): return true
    case .scalar("false", isQuoted: false): return false
    default: throw unexpected(expected: "`true` or `false`")
    }
  }

  /// The value as a whole decimal number within a range.
  ///
  /// - Parameters:
  ///   - range: the numbers that are accepted.
  ///   - alternative: a word that the caller accepts instead, for the message.
  public func int(in range: ClosedRange<Int>, or alternative: String? = nil) throws(PolicyError) -> Int {
    guard let text = plainText, text.utf8.allSatisfy({ $0 != UInt8(ascii: "+") }), let number = Int(text),
      range.contains(number)
    else {
      let bounds =
        range.upperBound == .max
        ? "a whole number, \(range.lowerBound) or more"
        : "a whole number from \(range.lowerBound) to \(range.upperBound)"
      throw unexpected(expected: bounds + (alternative.map { ", or `\($0)`" } ?? ""))
    }
    return number
  }

  /// The value as a number of bytes within a range: `64MiB`, `4GiB`, `512K`; units are binary.
  public func byteCount(in range: ClosedRange<ByteCount>) throws(PolicyError) -> ByteCount {
    guard let text = scalarText, let count = ByteCount(parsing: text), range.contains(count) else {
      throw unexpected(
        expected:
          "a number of bytes such as `64MiB`, from \(range.lowerBound.exactText) to \(range.upperBound.exactText)")
    }
    return count
  }

  /// The value as a length of time within a range: `90s`, `1m30s`, `2h`, `3d`.
  public func duration(in range: ClosedRange<Duration>) throws(PolicyError) -> Duration {
    guard let text = scalarText, let duration = Duration(parsing: text), range.contains(duration) else {
      throw unexpected(
        expected: "a length of time such as `90s`, `1m30s`, `2h` or `3d`, "
          + "from \(range.lowerBound.policyText) to \(range.upperBound.policyText)")
    }
    return duration
  }

  /// The value as a share of a whole within a range: `5%`, `0.5%`.
  public func percentage(in range: ClosedRange<Percentage> = .zero ... .whole) throws(PolicyError) -> Percentage {
    guard let text = scalarText, let share = Percentage(parsing: text), range.contains(share) else {
      throw unexpected(expected: "a percentage such as `5%`, from \(range.lowerBound) to \(range.upperBound)")
    }
    return share
  }

  /// The value as one of a few words.
  ///
  /// - Throws: ``PolicyError`` naming the nearest word.
  public func word<Word: RawRepresentable & CaseIterable>(
    of type: Word.Type
  ) throws(PolicyError) -> Word where Word.RawValue == String {
    let known = type.allCases.map(\.rawValue)
    guard let text = scalarText else { throw unexpected(expected: "one of \(listed(known))") }
    guard let word = type.init(rawValue: text) else {
      throw PolicyError(
        at: location, "\(label) is `\(text)`, expected one of \(listed(known))" + suggestion(for: text, among: known))
    }
    return word
  }

  /// The value as a list of texts; a single text is a list of one.
  public func strings() throws(PolicyError) -> [String] {
    try stringNodes().map { element throws(PolicyError) in try element.string() }
  }

  /// The value as a list of texts with their places; a single text is a list of one.
  public func stringNodes() throws(PolicyError) -> [DocumentNode] {
    switch content {
    case .scalar:
      _ = try string()
      return [self]
    case .list(let elements):
      for element in elements { _ = try element.string() }
      return elements
    case .mapping:
      throw unexpected(expected: "text or a list of texts")
    }
  }

  /// The value as a list of texts with their places, none of them twice; a single text is a list of one.
  func distinctStringNodes() throws(PolicyError) -> [DocumentNode] {
    var seen: Set<String> = []
    let nodes = try stringNodes()
    for node in nodes {
      let text = try node.string()
      guard seen.insert(text).inserted else { throw PolicyError(at: node.location, "`\(text)` is named twice") }
    }
    return nodes
  }

  /// The value as a list.
  public func elements() throws(PolicyError) -> [DocumentNode] {
    guard case .list(let elements) = content else { throw unexpected(expected: "a list") }
    return elements
  }

  /// The value as a mapping from names that its writer chose, in the order of the file.
  public func entries() throws(PolicyError) -> [(name: String, value: DocumentNode)] {
    guard case .mapping(let entries) = content else { throw unexpected(expected: "a mapping") }
    return entries.map { ($0.key, $0.value) }
  }

  /// The value as a mapping that has keys of a known set only.
  ///
  /// - Parameters:
  ///   - allowedKeys: every key that may occur.
  ///   - subject: what the mapping is called in messages, if not by its key: `` job `drill` ``.
  /// - Throws: ``PolicyError`` for an unknown key, naming its line, the nearest known key and all known keys.
  public func mapping(allowing allowedKeys: Set<String>, as subject: String? = nil) throws(PolicyError) -> StrictMapping
  {
    try mapping(allowing: .known(allowedKeys), as: subject)
  }

  /// The value as a mapping that has certain keys only, or any.
  func mapping(allowing allowedKeys: KindKeys, as subject: String? = nil) throws(PolicyError) -> StrictMapping {
    guard case .mapping(let entries) = content else { throw unexpected(expected: "a mapping") }
    return try StrictMapping(entries, allowing: allowedKeys, location: location, subject: subject ?? label)
  }

  /// The text of a scalar, quoted or not.
  private var scalarText: String? {
    guard case .scalar(let text, _) = content else { return nil }
    return text
  }

  /// The text of an unquoted scalar.
  private var plainText: String? {
    guard case .scalar(let text, isQuoted: false) = content else { return nil }
    return text
  }
}
