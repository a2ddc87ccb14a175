/// A header of an HTTP request.
public struct HTTPHeader: Hashable, Sendable {
  /// The name.
  public let name: String
  /// The value; may be a secret.
  public let value: String

  /// Makes a header.
  ///
  /// - Throws: ``ReportingError`` of the code `target` if the name isn't a token of RFC 9110, section 5.6.2, or the
  ///   value holds a line break, another control character or nothing. The message doesn't show the value.
  public init(name: String, value: String) throws(ReportingError) {
    let marks = Set("!#$%&'*+-.^_`|~".unicodeScalars)
    let isToken = name.unicodeScalars.allSatisfy {
      $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || marks.contains($0))
    }
    guard isToken, !name.isEmpty else {
      throw ReportingError(.target, "cannot send a header: its name isn't made of letters, digits and -")
    }
    guard !value.isEmpty, value.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
      throw ReportingError(.target, "cannot send the header \(name): its value is empty or holds a control character")
    }
    self.name = name
    self.value = value
  }

  /// Parses a line like `Authorization: Bearer …`.
  ///
  /// - Throws: ``ReportingError`` of the code `target` as ``init(name:value:)``, and if there is no colon.
  public init(line: String) throws(ReportingError) {
    guard let colon = line.firstIndex(of: ":") else {
      throw ReportingError(.target, "cannot send a header: the line has no colon")
    }
    let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
    try self.init(name: String(line[..<colon]), value: String(value))
  }

  /// The headers of a file, one a line.
  ///
  /// - Throws: ``ReportingError`` of the code `secret` if the file can't be read or has a line that isn't a header.
  static func read(file path: String) throws(ReportingError) -> [HTTPHeader] {
    var headers: [HTTPHeader] = []
    for line in try SecretFile(path).lines() {
      do throws(ReportingError) {
        headers.append(try HTTPHeader(line: line))
      } catch {
        throw ReportingError(.secret, "cannot use a header in \(path): \(error.reason)")
      }
    }
    return headers
  }
}
