/// A topic of ntfy, or of a service that takes the same plain `POST` with headers for title, priority and tags.
///
/// The interface: <https://docs.ntfy.sh/publish/>.
public struct NtfyTarget: Hashable, Sendable {
  /// The topic: `https://ntfy.sh/topic`.
  public let address: AddressSource
  /// A file of headers, one a line: `Authorization: Bearer …`.
  public let headerFile: String?
  /// The priority of all messages, 1 to 5; nil is high for a failure and the server's default else.
  public let priority: Int?
  /// Tags beside the one that shows the kind of message.
  public let tags: [String]

  /// Makes a target.
  public init(address: AddressSource, priority: Int? = nil, tags: [String] = [], headerFile: String? = nil) {
    self.address = address
    self.priority = priority
    self.tags = tags
    self.headerFile = headerFile
  }

  /// The request for an announcement.
  func request(_ notification: NotificationMessage, timeLimit: Duration) throws(ReportingError) -> HTTPRequest {
    let (usual, tag) =
      switch notification.announcement {
      case .failed: ("high", "rotating_light")
      case .degraded: ("default", "warning")
      case .recovered: ("default", "white_check_mark")
      }
    var headers = [
      try HTTPHeader(name: "Title", value: EncodedWords.header(notification.title)),
      try HTTPHeader(name: "Priority", value: priority.map(String.init) ?? usual),
      try HTTPHeader(name: "Tags", value: EncodedWords.header(([tag] + tags).joined(separator: ","))),
    ]
    if let headerFile { headers += try HTTPHeader.read(file: headerFile) }
    return HTTPRequest(.post, try address.resolve(), headers: headers, body: notification.text, timeLimit: timeLimit)
  }
}
