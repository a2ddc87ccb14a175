/// What is promised of a service: how much may be lost, and how long its return may take.
public struct ServiceObjectives: Hashable, Sendable {
  /// The recovery point objective: how old the newest good point of each source may become; nil is what its source says.
  public var rpo: Duration?
  /// The recovery time objective: how long restoring all of it may take; nil is any time.
  public var rto: Duration?

  /// Promises.
  public init(rpo: Duration? = nil, rto: Duration? = nil) {
    self.rpo = rpo
    self.rto = rto
  }

  /// Reads the mapping `objectives`.
  init(_ node: DocumentNode) throws(PolicyError) {
    let mapping = try node.mapping(allowing: ["rpo", "rto"])
    rpo = try mapping["rpo"]?.maximumAge()
    rto = try mapping["rto"]?.duration(in: .seconds(1) ... .seconds(30 * 86_400))
    guard rpo != nil || rto != nil else {
      throw PolicyError(at: node.location, "`objectives` promises nothing", hint: "give `rpo`, `rto` or both")
    }
  }
}
