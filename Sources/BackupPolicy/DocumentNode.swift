/// One value of a YAML document that knows where it stands, so that every mistake in it can be named with its line.
///
/// The view is strict. Anchors, aliases, tags and merge keys are refused, as are duplicate keys and keys that aren't
/// plain words; a quoted `"true"` isn't a truth value and a quoted `"5"` isn't a number. Values are read by the typed
/// functions, each of which throws when the value is of another kind or out of range; each error names file, line,
/// key, what was found and what is expected.
public struct DocumentNode: Hashable, Sendable {
  /// Where the value begins.
  public let location: DocumentLocation
  /// What the value is called in messages: `` `threads` ``, `` item 2 of `trees` ``, `the document`.
  let label: String
  let content: Content

  /// What a value is made of.
  enum Content: Hashable, Sendable {
    case scalar(String, isQuoted: Bool)
    case list([DocumentNode])
    case mapping([Entry])
  }

  /// A key with its value.
  struct Entry: Hashable, Sendable {
    let key: String
    let location: DocumentLocation
    let value: DocumentNode
  }

  /// The value as a person would describe it, for messages.
  var foundText: String {
    switch content {
    case .scalar("", isQuoted: false): "nothing"
    case .scalar(let text, isQuoted: true): "the text \"\(Self.shortened(text))\""
    case .scalar(let text, isQuoted: false): "`\(Self.shortened(text))`"
    case .list(let elements): elements.count == 1 ? "a list of 1 item" : "a list of \(elements.count) items"
    case .mapping: "a mapping"
    }
  }

  /// The error for a value that isn't what it should be.
  func unexpected(expected: String) -> PolicyError {
    PolicyError(at: location, "\(label) is \(foundText), expected \(expected)")
  }

  private static func shortened(_ text: String) -> String {
    let line = text.split(separator: "\n", omittingEmptySubsequences: false).first ?? ""
    return line.count > 60 || line.count < text.count ? "\(line.prefix(60))…" : String(line)
  }
}
