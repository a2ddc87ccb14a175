/// A web service that takes announcements as JSON (`POST`).
public struct WebhookTarget: Hashable, Sendable {
  /// Where to.
  public let address: AddressSource
  /// A file of headers, one a line: `Authorization: Bearer …`.
  public let headerFile: String?

  /// Makes a target.
  public init(address: AddressSource, headerFile: String? = nil) {
    self.address = address
    self.headerFile = headerFile
  }

  /// The request for an announcement.
  func request(_ notification: NotificationMessage, timeLimit: Duration) throws(ReportingError) -> HTTPRequest {
    var headers = [try HTTPHeader(name: "Content-Type", value: "application/json")]
    if let headerFile { headers += try HTTPHeader.read(file: headerFile) }
    return HTTPRequest(
      .post, try address.resolve(), headers: headers, body: try NotificationDocument(notification).text(),
      timeLimit: timeLimit)
  }
}
