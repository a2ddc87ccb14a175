/// An address of a web service, which may hold a secret.
///
/// Messages show ``shown`` only, so that the secret part, which is the path or the query with most services, gets
/// neither into logs nor into a mail.
public struct WebAddress: Hashable, Sendable, CustomStringConvertible {
  /// The address as requests use it.
  public let text: String

  /// Takes an address that begins with `http://` or `https://`.
  ///
  /// - Throws: ``ReportingError`` of the code `target` if it doesn't, has no host, holds a fragment, a blank or a
  ///   character that an address can't hold.
  public init(_ text: String) throws(ReportingError) {
    let schemes = ["https://", "http://"]
    guard let scheme = schemes.first(where: { text.lowercased().hasPrefix($0) }) else {
      throw Self.error("it begins neither with https:// nor with http://")
    }
    let host = text.dropFirst(scheme.count).prefix { !"/?#".contains($0) }
    guard !host.isEmpty, host.last != "@" else { throw Self.error("it names no host") }
    let refused: Set<UInt8> = Set("\"<>\\^`{|}#".utf8)
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !refused.contains($0) }) else {
      throw Self.error("it holds a character that has to be written as %XX")
    }
    self.text = text
  }

  /// The address without user, path and query.
  public var shown: String {
    let scheme = text.prefix { $0 != ":" }
    let authority = text.dropFirst(scheme.count + 3).prefix { !"/?#".contains($0) }
    let host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? authority
    return "\(scheme)://\(host)/…"
  }

  /// What is shown, never the secret part.
  public var description: String { shown }

  /// The address with more path, put in front of a query.
  public func appendingPath(_ more: String) throws(ReportingError) -> WebAddress {
    let path = text.prefix { $0 != "?" }
    let query = text.dropFirst(path.count)
    return try WebAddress("\(path.hasSuffix("/") ? path.dropLast() : path)\(more)\(query)")
  }

  private static func error(_ why: String) -> ReportingError {
    ReportingError(.target, "cannot use an address of a web service: \(why)")
  }
}
