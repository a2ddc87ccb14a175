/// A service as a configuration declares it: which sources it consists of, where the names of these don't say so.
public struct ServiceDeclaration: Hashable, Sendable {
  /// The name that a person restores by.
  public var name: String
  /// Names of sources or patterns of them, with or without the kind, in the order in which they are restored.
  public var sources: [Wildcard]
  /// Where the service stands among others: smaller numbers are listed and drilled first.
  public var order: Int
  /// What is promised of it.
  public var objectives: ServiceObjectives
  /// What drills of its sources have look at them; nil is what drills do unless they are told.
  public var probes: [ProbeDeclaration]?
  /// What a restore in place stops besides what uses the volumes' claims.
  public var workloads: [WorkloadDeclaration]

  /// The order of a service that names none.
  public static let defaultOrder = 100

  /// Declares a service.
  public init(
    name: String, sources: [Wildcard], order: Int = ServiceDeclaration.defaultOrder,
    objectives: ServiceObjectives = ServiceObjectives(), probes: [ProbeDeclaration]? = nil,
    workloads: [WorkloadDeclaration] = []
  ) {
    self.name = name
    self.sources = sources
    self.order = order
    self.objectives = objectives
    self.probes = probes
    self.workloads = workloads
  }

  private static let keys: Set<String> = ["name", "sources", "order", "objectives", "probes", "workloads"]

  /// Reads a list of services, no two of one name, no source named for two.
  static func list(_ node: DocumentNode) throws(PolicyError) -> [ServiceDeclaration] {
    var services: [ServiceDeclaration] = []
    for element in try node.elements() {
      let service = try ServiceDeclaration(element)
      if services.contains(where: { $0.name == service.name }) {
        throw PolicyError(at: element.location, "duplicate service name `\(service.name)`", hint: "join the two")
      }
      for pattern in service.sources {
        if let other = services.first(where: { $0.sources.contains(pattern) }) {
          throw PolicyError(
            at: element.location,
            "the source `\(pattern)` of the service `\(service.name)` belongs to `\(other.name)` already",
            hint: "a source belongs to one service; name it in one of them")
        }
      }
      services.append(service)
    }
    return services
  }

  private init(_ node: DocumentNode) throws(PolicyError) {
    let mapping = try node.mapping(allowing: Self.keys, as: "a service")
    name = try mapping.required("name").plainName()
    let place = try mapping.required("sources")
    var patterns: [Wildcard] = []
    for element in try place.distinctStringNodes() { patterns.append(Wildcard(try element.nonBlankString())) }
    guard !patterns.isEmpty else {
      throw PolicyError(
        at: place.location, "`sources` of the service `\(name)` is empty", hint: "name the sources that it consists of")
    }
    sources = patterns
    order = try mapping["order"]?.int(in: 0...10_000) ?? Self.defaultOrder
    objectives =
      try mapping["objectives"].map { node throws(PolicyError) in try ServiceObjectives(node) }
      ?? ServiceObjectives()
    probes = try mapping["probes"].map(ProbeDeclaration.list)
    workloads = try mapping["workloads"].map(WorkloadDeclaration.list) ?? []
  }

  /// Checks that workloads come with a cluster that can stop them.
  ///
  /// - Parameter node: the list of the declarations, for places.
  static func checkCluster(
    of declarations: [ServiceDeclaration], _ cluster: KubernetesDeclaration?, _ node: DocumentNode?
  ) throws(PolicyError) {
    guard cluster == nil, let node else { return }
    for (declaration, element) in zip(declarations, try node.elements()) where !declaration.workloads.isEmpty {
      throw PolicyError(
        at: element.location, "the service `\(declaration.name)` names workloads, but no cluster is there to stop them",
        hint: "say how it is reached: `kubernetes: {command: [kubectl, --kubeconfig, /etc/backupctl/kubeconfig]}`")
    }
  }

  /// The declaration as lines of YAML with every default.
  var effectiveLines: [String] {
    var lines = [
      "name: \(name.yamlQuoted)", "sources: \(sources.map(\.text).yamlList)", "order: \(order)",
    ]
    let promises = [objectives.rpo.map { "rpo: \($0.policyText)" }, objectives.rto.map { "rto: \($0.policyText)" }]
      .compactMap(\.self)
    if !promises.isEmpty { lines.append("objectives: {\(promises.joined(separator: ", "))}") }
    if let probes { lines.append("probes: [\(probes.map(\.effectiveText).joined(separator: ", "))]") }
    if !workloads.isEmpty { lines.append("workloads: \(workloads.map(\.description).yamlList)") }
    return lines
  }
}
