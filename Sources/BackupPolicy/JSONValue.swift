/// A value of a YAML document as JSON has it, for a plug-in that decodes it.
public enum JSONValue: Hashable, Sendable, Encodable {
  /// A value that isn't there: `key:`, `~` or `null`.
  case null
  /// `true` or `false`.
  case truth(Bool)
  /// A whole number as people write it: no sign `+`, no leading zeros, within 64 bits.
  case number(Int)
  /// Anything else, and everything quoted: `5%`, `2h`, `0755`, `1.5`, `"5"`.
  case text(String)
  /// A list.
  case list([JSONValue])
  /// A mapping; JSON gives its keys no order.
  case mapping([String: JSONValue])

  /// Encodes the plain value.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .truth(let truth): try container.encode(truth)
    case .number(let number): try container.encode(number)
    case .text(let text): try container.encode(text)
    case .list(let elements): try container.encode(elements)
    case .mapping(let entries): try container.encode(entries)
    }
  }
}

extension DocumentNode {
  /// The value as JSON has it.
  public var jsonValue: JSONValue {
    switch content {
    case .scalar(let text, isQuoted: true): .text(text)
    case .scalar(let text, isQuoted: false): Self.jsonValue(plain: text)
    case .list(let elements): .list(elements.map(\.jsonValue))
    case .mapping(let entries): StrictMapping.jsonValue(entries)
    }
  }

  private static func jsonValue(plain text: String) -> JSONValue {
    switch text {
    case "", "~", "null": return .null
    case "true": return .truth(true)
    case "false": return .truth(false)
    default:
      // A number that isn't written as it would be printed, such as a mode `0755`, is kept as it stands.
      guard let number = Int(text), String(number) == text else { return .text(text) }
      return .number(number)
    }
  }
}

extension StrictMapping {
  /// The mapping as JSON has it.
  public var jsonValue: JSONValue { Self.jsonValue(entries) }

  static func jsonValue(_ entries: [DocumentNode.Entry]) -> JSONValue {
    // Keys are unique: a key that is given twice was refused when the document was read.
    .mapping(Dictionary(entries.map { ($0.key, $0.value.jsonValue) }) { first, _ in first })
  }
}
