/// A pattern of a name in which `*` stands for any number of characters, none too; all else stands for itself.
public struct Wildcard: Hashable, Sendable, CustomStringConvertible {
  /// The pattern as it is written.
  public let text: String
  private let pattern: NamePattern

  /// Matches every name.
  public static let anything = Wildcard("*")

  /// Compiles a pattern.
  public init(_ text: String) {
    self.text = text
    pattern = NamePattern(text.utf8.map { $0 == UInt8(ascii: "*") ? .star : .byte($0) })
  }

  /// The pattern as it is written.
  public var description: String { text }

  /// Whether a name matches, compared byte by byte.
  public func matches(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    return pattern.matches(bytes.span, 0..<bytes.count)
  }

  /// Equal if written alike.
  public static func == (left: Wildcard, right: Wildcard) -> Bool { left.text == right.text }
  /// Hashes the text.
  public func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
