import BackupEngine
import BackupModel
import BackupPolicy
import BackupRepository
import HostSystem

/// What a person means by the name given to `restore`: the point of a source, or a point of each source of a service.
struct RestoreSelection {
  /// The name without a time.
  let name: String
  /// Whether a service is meant, so that there may be several sources.
  let isService: Bool
  /// The points, in the order in which they are restored; never none.
  let points: [PointSelection]

  /// Finds them. A name that is a source's means the source, `service/NAME` always the service.
  ///
  /// - Parameters:
  ///   - time: as given by --at.
  ///   - sources: as given by --source: only these of a service.
  ///   - preferringGood: whether a newer point that looks wrong is passed over where no time is given.
  ///   - services: looks at all sources; called only for what isn't a source's name.
  /// - Throws: `RepositoryError`, `PolicyError`, ``CommandError``, naming what comes nearest.
  init(
    _ text: String, at time: String?, sources wanted: [String], preferringGood: Bool, in repository: Repository,
    services: () throws -> ServiceSurvey
  ) throws {
    let bare = time == nil ? text.split(separator: "@").first.map(String.init) ?? text : text
    let isSource = try [text, bare].contains { try PointSelection.source(named: $0, in: repository) != nil }
    if isSource, !text.hasPrefix(ServiceDirectory.prefix) {
      guard wanted.isEmpty else {
        throw CommandError(
          .usage, "cannot choose sources of \(bare): it is a source itself", hint: "leave out --source")
      }
      name = try PointSelection.source(named: text, in: repository) == nil ? bare : text
      isService = false
      let hasTime = time != nil || name != text
      points = [
        try Self.point(of: name, text, at: time, good: preferringGood && !hasTime, in: repository)
      ]
      return
    }
    let survey = try services()
    guard let service = survey.directory.service(named: text) ?? survey.directory.service(named: bare) else {
      throw try SourceArguments.unknown(bare, survey, repository)
    }
    name = service.name
    isService = true
    let suffix = survey.directory.service(named: text) == nil ? String(text.dropFirst(bare.count)) : ""
    let chosen = try Self.chosen(wanted, of: service)
    points = try chosen.map { source in
      try Self.point(
        of: source.description, source.description + suffix, at: time,
        good: preferringGood && suffix.isEmpty && time == nil, in: repository)
    }
  }

  private static func point(
    of name: String, _ text: String, at time: String?, good: Bool, in repository: Repository
  ) throws -> PointSelection {
    if good {
      let store = repository.store(try PointSelection.requiredSource(named: name, in: repository))
      // Points that can't be read are passed over: an older whole one is better than none.
      if let point = try store.latestGoodPoint(unreadable: { id, error in
        CommandEnvironment.current.messages.line("warning: \(store.source)@\(id) is passed over: \(error)")
      }) {
        return PointSelection(store: store, point: point)
      }
    }
    return try PointSelection(text, at: time, in: repository)
  }

  private static func chosen(_ wanted: [String], of service: Service) throws -> [SourceID] {
    guard !wanted.isEmpty else { return service.sources }
    for name in wanted where !service.sources.contains(where: { $0.name == name || $0.description == name }) {
      let names = service.sources.map(\.typedName)
      throw CommandError(
        .usage, "cannot choose the source \(name): the service \(service.name) doesn't have it",
        hint: nearestName(to: name, among: names).map { "did you mean `\($0)`?" }
          ?? "it has \(names.joined(separator: ", "))")
    }
    return service.sources.filter { wanted.contains($0.name) || wanted.contains($0.description) }
  }
}
