/// Which addresses of web services a document may name.
///
/// Only `http` and `https`. No user name and no password: a configuration is read and printed by more people than may
/// know them, so they stand in a file of header lines of their own.
enum WebAddress {
  /// An address to which something is sent, with or without a query.
  case any
  /// An address that is only asked for, without header lines, with or without a query.
  case plain
  /// An address to which a path is appended, so without a query.
  case base

  /// The address that a value names.
  ///
  /// - Throws: ``PolicyError``; its message doesn't repeat an address that may hold a password.
  func text(_ node: DocumentNode) throws(PolicyError) -> String {
    let expected = self == .base ? "an address such as `http://host:9091`" : "an address such as `https://host/path`"
    let text = try node.nonBlankString(expected)
    let scheme = ["https://", "http://"].first { text.hasPrefix($0) }
    let rest = text.utf8.dropFirst((scheme ?? "").utf8.count)
    let authority = rest.prefix {
      $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#")
    }
    guard scheme == nil || !authority.contains(UInt8(ascii: "@")) else {
      throw PolicyError(
        at: node.location, "\(node.label) has a user name or password in it",
        hint: self == .plain
          ? "give an address that needs none"
          : "write the line `Authorization: …` into a file that only root can read, and name it with `header-file`")
    }
    let lacksQuery = self != .base || !rest.contains(UInt8(ascii: "?"))
    guard scheme != nil, Self.isHost(authority), rest.allSatisfy(Self.isAllowed), lacksQuery else {
      // What can't be understood may hold a password at any place before an at sign.
      guard !text.utf8.contains(UInt8(ascii: "@")) else {
        throw PolicyError(
          at: node.location,
          "\(node.label) is not \(expected); it is not repeated here, as it may hold a password")
      }
      throw node.unexpected(expected: expected + (self == .base ? ", without a query" : ""))
    }
    return text
  }

  /// Whether a byte may stand in an address: RFC 3986's characters, without the `#` of a fragment.
  private static func isAllowed(_ byte: UInt8) -> Bool {
    byte > 0x20 && byte < 0x7f && !"#\"<>\\^`{|}".utf8.contains(byte)
  }

  /// Whether this is a host with or without a port; an IPv6 address stands in brackets.
  private static func isHost(_ authority: some Collection<UInt8>) -> Bool {
    var rest = authority[...]
    if rest.first == UInt8(ascii: "[") {
      let address = rest.dropFirst().prefix { $0 != UInt8(ascii: "]") }
      guard address.count >= 2, address.endIndex != rest.endIndex, address.allSatisfy(isOfAddress) else { return false }
      rest = rest[address.endIndex...].dropFirst()
    } else {
      let name = rest.prefix { $0 != UInt8(ascii: ":") }
      guard !name.isEmpty, isPlainHost(name) else { return false }
      rest = rest[name.endIndex...]
    }
    guard let colon = rest.popFirst() else { return true }
    guard colon == UInt8(ascii: ":"), let port = decimalNumber(rest) else { return false }
    return (1...65_535).contains(port)
  }

  private static func isOfAddress(_ byte: UInt8) -> Bool {
    let lower = byte | 0x20
    return (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: ":")) || byte == UInt8(ascii: ".")
      || (lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "f"))
  }

  private static func isPlainHost(_ name: some Collection<UInt8>) -> Bool {
    name.allSatisfy { byte in
      let lower = byte | 0x20
      return (lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z"))
        || (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")) || "._-".utf8.contains(byte)
    }
  }
}
