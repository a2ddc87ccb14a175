/// A Pushgateway and the group of metrics that this host replaces there.
public struct PushgatewayTarget: Hashable, Sendable {
  /// A label of the group.
  public struct Label: Hashable, Sendable {
    /// The name.
    public let name: String
    /// The value; may be empty.
    public let value: String

    /// Makes a label.
    ///
    /// - Throws: ``ReportingError`` of the code `target` if the name isn't one that Prometheus takes, or is reserved.
    public init(name: String, value: String) throws(ReportingError) {
      let letters = name.unicodeScalars.allSatisfy {
        $0.isASCII && ($0.properties.isAlphabetic || $0 == "_") || ("0"..."9").contains($0)
      }
      guard letters, let first = name.unicodeScalars.first, !("0"..."9").contains(first), !name.hasPrefix("__") else {
        throw ReportingError(
          .target, "cannot group metrics by the label \(name): a label is made of letters, digits and single _")
      }
      guard name != "job" else {
        throw ReportingError(.target, "cannot group metrics by the label job: it has a key of its own")
      }
      self.name = name
      self.value = value
    }
  }

  /// The gateway: `http://gateway:9091`.
  public let address: AddressSource
  /// The value of the label `job`.
  public let job: String
  /// Further labels of the group, such as the instance.
  public let labels: [Label]
  /// A file of headers, one a line, for gateways that ask for a password.
  public let headerFile: String?
  /// How long a push may take.
  public let timeLimit: Duration

  /// Makes a target.
  ///
  /// - Throws: ``ReportingError`` of the code `target` if the job is empty or a label is given twice.
  public init(
    address: AddressSource, job: String = "backupctl", labels: [Label] = [], headerFile: String? = nil,
    timeLimit: Duration = .seconds(20)
  ) throws(ReportingError) {
    guard !job.isEmpty else { throw ReportingError(.target, "cannot push metrics: the job has no name") }
    guard Set(labels.map(\.name)).count == labels.count else {
      throw ReportingError(.target, "cannot push metrics: a label is given twice")
    }
    self.address = address
    self.job = job
    self.labels = labels
    self.headerFile = headerFile
    self.timeLimit = timeLimit
  }

  /// The path of the group: `/metrics/job/backupctl/instance/pve1`.
  ///
  /// A value that is empty or holds a slash is written in base64 for URLs, as the gateway's documentation
  /// <https://github.com/prometheus/pushgateway#url> says, and so are `.` and `..`, which the gateway would resolve, escaped
  /// or not; other bytes that a path can't hold become `%XX`.
  public var groupPath: String {
    var path = "/metrics/job\(Self.segment(job))"
    for label in labels { path += "/\(label.name)\(Self.segment(label.value))" }
    return path
  }

  private static func segment(_ value: String) -> String {
    // One `=` stands for nothing: an empty path component would not survive.
    if value.isEmpty { return "@base64/=" }
    let isResolved = value.contains("/") || value == "." || value == ".."
    return isResolved ? "@base64/\(URLText.base64(value))" : "/\(URLText.escaped(value))"
  }
}
