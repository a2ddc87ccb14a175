public import BackupModel

/// All services of a host: those that the configuration declares, and those that the names of sources make. Pure.
public struct ServiceDirectory: Hashable, Sendable {
  /// The services, by order, then by name.
  public let services: [Service]
  /// What isn't as the configuration means it: lines for a person.
  public let problems: [String]

  /// Joins sources into services.
  ///
  /// A declared service takes its sources from those that would have been joined by name; a declared service replaces a
  /// discovered one of the same name, whose other sources then belong to nothing, which is a problem. So is a source that
  /// patterns of two declared services match (the first has it), a declared service that no source matches, and a service
  /// that bears the name of a source without being just that source.
  public init(_ declarations: [ServiceDeclaration], sources: [ServiceSource]) {
    var problems: [String] = []
    var owner: [SourceID: String] = [:]
    var services: [Service] = []
    for declaration in declarations {
      var members: [SourceID] = []
      for pattern in declaration.sources {
        let matching = sources.map(\.id).filter { $0.matches(pattern) }.sorted()
        if matching.isEmpty {
          problems.append(
            "the service `\(declaration.name)` names `\(pattern)`, which no source matches"
              + suggestion(for: pattern.text, among: sources.map(\.id.name)))
        }
        for source in matching where !members.contains(source) {
          if let other = owner[source] {
            problems.append(
              "the source \(source) is of the service `\(other)`, and `\(pattern)` of `\(declaration.name)` matches it too"
            )
          } else {
            owner[source] = declaration.name
            members.append(source)
          }
        }
      }
      if members.isEmpty {
        problems.append("the service `\(declaration.name)` has no source")
      } else {
        services.append(
          Service(
            name: declaration.name, sources: members, order: declaration.order, objectives: declaration.objectives,
            isDeclared: true, probes: declaration.probes, workloads: declaration.workloads))
      }
    }
    let declared = Set(declarations.map(\.name))
    let free = sources.filter { owner[$0.id] == nil }
    for (name, members) in Dictionary(grouping: free, by: \.serviceName).sorted(by: { $0.key < $1.key }) {
      let ids = members.map(\.id).sorted()
      if declared.contains(name) {
        problems.append(
          "\(ids.map(\.description).joined(separator: ", ")) by name would be of the service `\(name)`, "
            + "whose `sources` in the configuration leave \(ids.count == 1 ? "it" : "them") out")
      } else {
        services.append(
          Service(
            name: name, sources: ids, order: ServiceDeclaration.defaultOrder, objectives: ServiceObjectives(),
            isDeclared: false))
      }
    }
    for service in services {
      guard let same = sources.map(\.id).first(where: { $0.name == service.name }), service.sources != [same] else {
        continue
      }
      problems.append(
        "`\(service.name)` is the name of the source \(same) and of a service of other sources: "
          + "alone it means the source, the service is `\(Self.prefix)\(service.name)`")
    }
    self.services = services.sorted { ($0.order, $0.name) < ($1.order, $1.name) }
    self.problems = problems
  }

  /// What may be written in front of a name to say that a service is meant, not a source.
  public static let prefix = "service/"

  /// The service of a name, with or without ``prefix``; nil if there is none.
  public func service(named name: String) -> Service? {
    let bare = name.hasPrefix(Self.prefix) ? String(name.dropFirst(Self.prefix.count)) : name
    return services.first { $0.name == bare }
  }

  /// The service that a source belongs to; nil if the configuration leaves it out of that of its name.
  public func service(of source: SourceID) -> Service? { services.first { $0.sources.contains(source) } }
}
