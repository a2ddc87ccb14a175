import BackupEngine
import BackupModel
import BackupPolicy
import BackupRepository

/// What a person means by a name where sources and services are taken.
enum SourceArguments {
  /// Sources, or a service.
  enum Meaning {
    /// The source of that name and those below it: `nfs` includes `nfs/immich`.
    case sources([SourceID])
    /// A service, whose sources are in the order in which they are restored.
    case service(Service)
  }

  /// What a name means. One that is a source's, or the beginning of a source's, means sources; `service/NAME` always the service.
  ///
  /// - Parameter services: looks at all sources; called only for what isn't a source's name.
  /// - Throws: `RepositoryError` `noSuchSource` naming the nearest source or service.
  static func meaning(
    of name: String, in repository: Repository, services: () throws -> ServiceSurvey
  ) throws -> Meaning {
    if !name.hasPrefix(ServiceDirectory.prefix) {
      var chosen = try repository.sources().filter {
        $0.name.hasPrefix("\(name)/") || $0.description.hasPrefix("\(name)/")
      }
      if let exact = try PointSelection.source(named: name, in: repository) { chosen.append(exact) }
      if !chosen.isEmpty { return .sources(chosen) }
    }
    let survey = try services()
    guard let service = survey.directory.service(named: name) else { throw try unknown(name, survey, repository) }
    return .service(service)
  }

  /// The sources of the repository that are meant; all without names.
  ///
  /// - Throws: as ``meaning(of:in:services:)``; `RepositoryError` `noSuchPoint` for a service that has no source there yet.
  static func sources(
    _ names: [String], in repository: Repository, services: () throws -> ServiceSurvey
  ) throws -> [SourceID] {
    let all = try repository.sources()
    if names.isEmpty { return all }
    var chosen: Set<SourceID> = []
    for name in names {
      switch try meaning(of: name, in: repository, services: services) {
      case .sources(let sources): chosen.formUnion(sources)
      case .service(let service):
        let stored = service.sources.filter(all.contains)
        guard !stored.isEmpty else {
          throw RepositoryError(
            .noSuchPoint, "cannot find a point of the service \(service.name): it has none yet",
            hint: "make one with `backupctl archive`")
        }
        chosen.formUnion(stored)
      }
    }
    return chosen.sorted()
  }

  /// The error for a name that neither a source nor a service has.
  static func unknown(_ name: String, _ survey: ServiceSurvey, _ repository: Repository) throws -> any Error {
    let sources = try repository.sources()
    let nearest = nearestName(to: name, among: sources.map(\.name) + survey.directory.services.map(\.name))
    return RepositoryError(
      .noSuchSource, "cannot find the source or service \(name) in \(repository.location)",
      hint: nearest.map { "did you mean `\($0)`?" }
        ?? (sources.isEmpty
          ? "the repository is empty: make a point with `backupctl archive`"
          : "list the services with `backupctl services list`, the sources with `backupctl points`"))
  }
}
