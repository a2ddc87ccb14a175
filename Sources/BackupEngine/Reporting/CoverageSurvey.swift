public import BackupModel
public import BackupPolicy
import HostSystem

/// What exists below the roots of a host, and what protects each of it: everything must be protected, or left out for a
/// reason.
public struct CoverageSurvey: Sendable {
  /// How a thing is protected.
  public enum Protection: Sendable, Hashable {
    /// By a source.
    case protected(by: SourceID)
    /// It is left out on purpose.
    case excluded(reason: String)
    /// By nothing.
    case uncovered
    /// It can't be told; one of the problems says why.
    case unknown
  }

  /// What a thing is.
  public enum Kind: String, Sendable, Hashable {
    /// A directory.
    case directory
    /// A thin volume.
    case volume
    /// A claim of the cluster whose volume isn't among the volumes.
    case claim
  }

  /// One thing.
  public struct Item: Sendable, Hashable {
    /// What it is.
    public var kind: Kind
    /// A directory's path, bytes that aren't UTF-8 shown as `\xHH`; a volume's group and name; a claim's namespace and name.
    public var path: String
    /// The claim of a volume.
    public var claim: ClaimName?
    /// How it is protected.
    public var protection: Protection
    /// The selection of volumes by which it is protected or left out.
    public var selection: String?
    /// Why nothing protects it, or why that can't be told.
    public var note: String?

    /// Describes a thing.
    public init(
      kind: Kind = .directory, path: String, claim: ClaimName? = nil, protection: Protection,
      selection: String? = nil, note: String? = nil
    ) {
      self.kind = kind
      self.path = path
      self.claim = claim
      self.protection = protection
      self.selection = selection
      self.note = note
    }

    /// What it is called in lists: `/srv/x`, `pve/vm-101-pvc-x (media/jellyfin)`, `claim media/jellyfin`.
    public var title: String {
      switch kind {
      case .directory: path
      case .volume: path + (claim.map { " (\($0))" } ?? "")
      case .claim: "claim \(path)"
      }
    }
  }

  /// The things: directories by path, then volumes, then claims.
  public let items: [Item]
  /// What couldn't be looked at: lines for a person.
  public let problems: [String]

  /// What nothing protects, by its title.
  public var uncovered: [String] { items.filter { $0.protection == .uncovered }.map(\.title) }
  /// How many are left out on purpose.
  public var excludedCount: Int {
    items.count { item in
      if case .excluded = item.protection { true } else { false }
    }
  }

  /// Looks at the directories of the roots, one level deep, and where a tree has its children as sources, those; joins in
  /// what was seen of volumes.
  ///
  /// - Parameter volumes: nil if nobody looked at them, which is a problem if the configuration declares any.
  public init(_ configuration: Configuration, volumes seen: SeenVolumes? = nil) {
    var items: [Item] = []
    var problems: [String] = []
    for root in configuration.coverage.roots {
      do throws(SystemError) {
        try Self.examine(root, configuration, into: &items)
      } catch {
        // A root that isn't there holds nothing; the default one is missing on many hosts.
        if !error.isMissing { problems.append("cannot look at \(root): \(error.reason)") }
      }
    }
    let volumes = VolumeCoverage(
      configuration.volumes,
      seen: seen ?? SeenVolumes(notLookedAt: configuration.volumes, because: "it was not looked at"))
    self.items = items.sorted { $0.path < $1.path } + volumes.items
    self.problems = problems + volumes.problems
  }

  private static func examine(
    _ directory: String, _ configuration: Configuration, into items: inout [Item]
  ) throws(SystemError) {
    let opened = try OpenFile.open(PathBytes(path: directory), .directoryFollowing)
    for name in try opened.names() where !RestorePlace.isName(name) {
      let path = (directory == "/" ? "/" : directory + "/") + name.displayedPath
      guard try opened.status(of: name).kind == .directory else { continue }
      if let reason = configuration.coverage.excluded.first(where: { $0.path == path })?.reason {
        items.append(Item(path: path, protection: .excluded(reason: reason)))
      } else if let tree = configuration.trees.first(where: { isPath(path, atOrBelow: $0.path) }) {
        if tree.eachChild, path == tree.path {
          try examine(path, configuration, into: &items)
        } else {
          items.append(Item(path: path, protection: protection(of: path, by: tree)))
        }
      } else if configuration.trees.contains(where: { isPath($0.path, atOrBelow: path) }) {
        // Only parts of it are declared: each of its directories must be accounted for.
        try examine(path, configuration, into: &items)
      } else {
        items.append(Item(path: path, protection: .uncovered))
      }
    }
  }

  private static func protection(of path: String, by tree: TreeDeclaration) -> Protection {
    guard tree.eachChild else { return .protected(by: tree.source) }
    let child = path.dropFirst(tree.path.count).split(separator: "/").first.map(String.init) ?? ""
    if let excluded = tree.excludedChildren.first(where: { $0.name == child }) {
      return .excluded(reason: excluded.reason)
    }
    let name = "\(tree.name)/\(SourceID.escaping(Array(child.utf8)))"
    return SourceID(kind: .tree, name: name).map { .protected(by: $0) } ?? .uncovered
  }

  private static func isPath(_ path: String, atOrBelow top: String) -> Bool {
    path == top || path.hasPrefix(top == "/" ? "/" : top + "/")
  }
}
