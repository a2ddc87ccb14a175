import FoundationEssentials

/// A JSON document of which parts are read and the rest is kept: what an API answers, and is given back.
enum JSONTree: Hashable, Sendable, Codable {
  case null
  case truth(Bool)
  case whole(Int64)
  case fraction(Double)
  case text(String)
  case list([JSONTree])
  case mapping([String: JSONTree])

  /// Parses a document.
  ///
  /// - Throws: `DecodingError`.
  init(parsing bytes: [UInt8]) throws { self = try JSONDecoder().decode(JSONTree.self, from: Data(bytes)) }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    // Of what kind a value is can only be told by trying; a document that isn't JSON fails before.
    if container.decodeNil() {
      self = .null
    } else if let truth = try? container.decode(Bool.self) {  // As above.
      self = .truth(truth)
    } else if let number = try? container.decode(Int64.self) {  // As above.
      self = .whole(number)
    } else if let number = try? container.decode(Double.self) {  // As above.
      self = .fraction(number)
    } else if let text = try? container.decode(String.self) {  // As above.
      self = .text(text)
    } else if let elements = try? container.decode([JSONTree].self) {  // As above.
      self = .list(elements)
    } else {
      self = .mapping(try container.decode([String: JSONTree].self))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .truth(let truth): try container.encode(truth)
    case .whole(let number): try container.encode(number)
    case .fraction(let number): try container.encode(number)
    case .text(let text): try container.encode(text)
    case .list(let elements): try container.encode(elements)
    case .mapping(let entries): try container.encode(entries)
    }
  }

  /// The document as bytes, keys in order.
  ///
  /// - Throws: `EncodingError` for a number that JSON has no form of.
  func encoded() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(self))
  }

  /// The value at a way through mappings; nil if it isn't there.
  subscript(_ way: String...) -> JSONTree? {
    way.reduce(Optional(self)) { tree, key in
      guard case .mapping(let entries)? = tree else { return nil }
      return entries[key]
    }
  }

  /// The text that it is.
  var text: String? { if case .text(let text) = self { text } else { nil } }
  /// The whole number that it is.
  var number: Int? { if case .whole(let number) = self { Int(exactly: number) } else { nil } }
  /// Whether it is `true`.
  var isTrue: Bool { self == .truth(true) }
  /// The elements of the list that it is; none if it is none.
  var elements: [JSONTree] { if case .list(let elements) = self { elements } else { [] } }

  /// The same without some keys of the mapping that it is.
  func without(_ keys: String...) -> JSONTree {
    guard case .mapping(let entries) = self else { return self }
    return .mapping(entries.filter { !keys.contains($0.key) })
  }

  /// The same with one value of the mapping that it is replaced.
  func with(_ key: String, _ value: JSONTree?) -> JSONTree {
    guard case .mapping(var entries) = self else { return self }
    entries[key] = value
    return .mapping(entries)
  }
}
