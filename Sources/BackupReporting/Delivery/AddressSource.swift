/// Where the address of a web service is written.
public enum AddressSource: Hashable, Sendable {
  /// In the configuration.
  case literal(WebAddress)
  /// In a file of its own, for addresses that are secrets; its only line is the address.
  case file(String)

  /// The address.
  ///
  /// - Throws: ``ReportingError`` of the code `secret` if the file can't be read or doesn't hold an address.
  func resolve() throws(ReportingError) -> WebAddress {
    switch self {
    case .literal(let address): return address
    case .file(let path):
      let line = try SecretFile(path).onlyLine()
      do throws(ReportingError) {
        return try WebAddress(line)
      } catch {
        throw ReportingError(.secret, "cannot use the address in \(path): \(error.reason)")
      }
    }
  }
}

extension ReportingError {
  /// The message without what could not be done: the part after the first colon.
  var reason: String {
    guard let colon = message.firstIndex(of: ":") else { return message }
    return String(message[colon...].dropFirst(2))
  }
}
