import BackupEngine
import BackupModel
import BackupPolicy
import BackupRepository

/// What `drill` drills, in which order.
struct DrillSelection {
  /// The services that are named; all of each is drilled.
  let services: [Service]
  /// The sources: those of the services in the order in which they are restored, then others, those drilled longest ago first.
  let sources: [SourceID]

  /// Finds what names mean; without names it is every source.
  ///
  /// - Parameter count: how many sources at most.
  /// - Throws: as `SourceArguments.meaning(of:in:services:)`; ``CommandError`` if only some sources of a service would be drilled.
  init(_ names: [String], count: Int?, in repository: Repository, _ survey: ServiceSurvey) throws {
    var services: [Service] = []
    var others = Set(try names.isEmpty ? repository.sources() : [])
    for name in names {
      switch try SourceArguments.meaning(of: name, in: repository, services: { survey }) {
      case .sources(let sources): others.formUnion(sources)
      case .service(let service): if !services.contains(service) { services.append(service) }
      }
    }
    if let count, let service = services.first {
      throw CommandError(
        .usage, "cannot drill \(count) sources of the service \(service.name): it is drilled as a whole",
        hint: "leave out --count, or name sources: \(service.sources.map(\.typedName).joined(separator: " "))")
    }
    let whole = services.flatMap(\.sources)
    let rest = try DrillHistory.all(of: others.subtracting(whole).sorted(), in: repository).map(\.source)
    self.services = services
    // No source is of two services.
    sources = whole + rest
  }
}
