public import BackupModel

/// What a person restores by name: a named set of sources.
public struct Service: Hashable, Sendable {
  /// The name.
  public let name: String
  /// The sources, in the order in which they are restored; never none.
  public let sources: [SourceID]
  /// Where it stands among others.
  public let order: Int
  /// What is promised of it.
  public let objectives: ServiceObjectives
  /// Whether the configuration declares it; otherwise the names of its sources say that they belong together.
  public let isDeclared: Bool
  /// What drills of its sources have look at them; nil is what drills do unless they are told.
  public var probes: [ProbeDeclaration]?
  /// What a restore in place stops besides what uses the volumes' claims.
  public var workloads: [WorkloadDeclaration] = []
}

/// A source, with what tells which service it belongs to.
public struct ServiceSource: Hashable, Sendable {
  /// The source.
  public let id: SourceID
  /// The namespace of the claim that a volume is of, if it is of one and that is known.
  public let claimNamespace: String?

  /// Describes a source.
  public init(_ id: SourceID, claimNamespace: String? = nil) {
    self.id = id
    self.claimNamespace = claimNamespace
  }

  /// The end of a name that marks the backup directory of a service: `/srv/nfs/immich-backup` belongs to `immich`.
  private static let backupEnding = "-backup"

  /// The service that the source belongs to if the configuration doesn't say otherwise.
  ///
  /// A claimed volume belongs to the service of its claim's namespace. Everything else to that of the last component of its
  /// name, without the ending `-backup`; loose files of a tree to that of the tree.
  public var serviceName: String {
    if let claimNamespace { return claimNamespace }
    var components = id.components
    if components.count > 1, components.last == Substring(TreeDeclaration.looseFilesName) { components.removeLast() }
    let last = components.last ?? Substring(id.name)
    guard last.hasSuffix(Self.backupEnding), last.count > Self.backupEnding.count else { return String(last) }
    return String(last.dropLast(Self.backupEnding.count))
  }
}
