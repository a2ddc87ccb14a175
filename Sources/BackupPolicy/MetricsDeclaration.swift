/// Where metrics go; without a destination none are written.
public struct MetricsDeclaration: Hashable, Sendable {
  /// A server that keeps metrics between runs.
  public struct Pushgateway: Hashable, Sendable {
    /// Its address, to which `/metrics/job/…` is appended; `http` or `https`, without user, password and query.
    public var url: String
    /// The name of the group; `backupctl` unless set.
    public var job: String
    /// A file of header lines that are sent with each request, such as `Authorization: …`; absolute.
    public var headerFile: String?

    /// Makes a declaration.
    public init(url: String, job: String = "backupctl", headerFile: String? = nil) {
      self.url = url
      self.job = job
      self.headerFile = headerFile
    }
  }

  /// A file for the textfile collector of Prometheus' node exporter; absolute, ends in `.prom`.
  public var textfile: String?
  /// A Pushgateway.
  public var pushgateway: Pushgateway?

  /// Makes a declaration; without arguments metrics go nowhere.
  public init(textfile: String? = nil, pushgateway: Pushgateway? = nil) {
    self.textfile = textfile
    self.pushgateway = pushgateway
  }

  /// Reads the mapping `metrics`.
  init(_ node: DocumentNode) throws(PolicyError) {
    let mapping = try node.mapping(allowing: ["textfile", "pushgateway"])
    pushgateway = try mapping["pushgateway"].map { node throws(PolicyError) in try Pushgateway(node) }
    guard let node = mapping["textfile"] else { return }
    let path = try PathRule.absolute.path(node)
    // The collector reads files of that ending only; another one would be written and never seen.
    guard path.hasSuffix(".prom") else { throw node.unexpected(expected: "a path that ends in `.prom`") }
    textfile = path
  }
}

extension MetricsDeclaration.Pushgateway {
  fileprivate init(_ node: DocumentNode) throws(PolicyError) {
    let mapping = try node.mapping(allowing: ["url", "job", "header-file"])
    self.init(url: try WebAddress.base.text(mapping.required("url")))
    job = try mapping["job"]?.plainName() ?? job
    headerFile = try mapping["header-file"].map { node throws(PolicyError) in try PathRule.absolute.path(node) }
  }
}
