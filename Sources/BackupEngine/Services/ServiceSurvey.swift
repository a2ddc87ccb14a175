public import BackupModel
public import BackupPolicy
public import BackupRepository

/// Finds the services of a host: of what the configuration declares and of what the repository holds.
public struct ServiceSurvey: Sendable {
  private let configuration: Configuration?
  private let repository: Repository
  private let declared: [DeclaredSources.Item]
  /// The sources that the repository holds, then those that are only declared.
  public let sources: [SourceID]
  /// The services.
  public let directory: ServiceDirectory

  /// Looks at the sources.
  ///
  /// - Throws: `RepositoryError` if the sources can't be listed.
  public init(_ configuration: Configuration?, in repository: Repository) throws {
    self.configuration = configuration
    self.repository = repository
    declared = configuration.map { DeclaredSources($0, in: repository).items } ?? []
    let stored = try repository.sources()
    sources = stored + declared.map(\.id).filter { !stored.contains($0) }
    directory = ServiceDirectory(
      configuration?.services ?? [],
      sources: sources.map { ServiceSource($0, claimNamespace: Self.claimNamespace(of: $0, in: repository)) })
  }

  /// The namespace of a volume's claim, as its newest good point has it.
  private static func claimNamespace(of source: SourceID, in repository: Repository) -> String? {
    guard source.kind == .volume else { return nil }
    // A point that can't be read names no claim; `check` finds it.
    return try? repository.store(source).latestGoodPoint { _, _ in }?.volume?.claim?.namespace
  }

  /// Reports on a service.
  ///
  /// - Parameter earlier: restores in place on this host.
  /// - Throws: `RepositoryError` if points or attestations can't be read.
  public func report(
    on service: Service, earlier: [RestoreRecord], now: Timestamp
  ) throws -> ServiceReport {
    ServiceReport(service, sources: try service.sources.map { try facts($0, earlier) }, now: now)
  }

  private func facts(_ source: SourceID, _ earlier: [RestoreRecord]) throws -> ServiceReport.SourceFacts {
    var facts = ServiceReport.SourceFacts(id: source)
    let item = declared.first { $0.id == source }
    facts.maximumAge = item?.maximumAge
    let store = repository.store(source)
    let attestations = try store.attestations.read().attestations
    let drill = attestations.last { $0.action == .drill }
    (facts.lastDrilled, facts.drillResult) = (drill?.at, drill?.result)
    facts.lastVerified = attestations.last { $0.action == .verify }?.at
    let point = try store.latestGoodPoint { _, _ in }
    facts.newest = point?.id
    facts.path = item?.path ?? point?.origin?.path
    facts.expectedSeconds = try point.flatMap {
      try PointTrust(of: $0, in: store, earlier: earlier).expectedSeconds
    }
    return facts
  }

  /// How old the newest good point of a source may become by its own declaration; nil if nothing is promised.
  public func maximumAge(of source: SourceID) -> Duration? { declared.first { $0.id == source }?.maximumAge }

  /// What the services of some sources name to be stopped while these are restored in place, each once.
  public func workloads(of sources: [SourceID]) -> [WorkloadDeclaration] {
    directory.services.filter { !Set($0.sources).isDisjoint(with: sources) }.flatMap(\.workloads)
      .reduce(into: []) { all, workload in if !all.contains(workload) { all.append(workload) } }
  }

  /// The directory that a source's tree lives in: as the configuration has it, else as the point was read from.
  ///
  /// Nil for what isn't a tree of this host, and for the loose files of a tree whose directories are sources of their own:
  /// exchanging that directory would exchange all of them.
  public func livePath(of point: RecoveryPoint) -> (path: String, isLooseFiles: Bool)? {
    guard point.source.kind == .tree else { return nil }
    let isLoose =
      point.source.components.count > 1 && point.source.components.last == Substring(TreeDeclaration.looseFilesName)
    guard let path = declared.first(where: { $0.id == point.source })?.path ?? point.origin?.path else { return nil }
    return (path, isLoose)
  }

  /// What archives of a source leave out on purpose, as patterns: it isn't in its points.
  public func exclusions(of source: SourceID) -> [String] {
    configuration?.trees.first {
      $0.source == source || ($0.eachChild && source.kind == .tree && source.name.hasPrefix("\($0.name)/"))
    }?.exclusions.map(\.pattern) ?? []
  }
}
