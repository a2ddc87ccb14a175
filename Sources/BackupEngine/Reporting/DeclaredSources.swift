public import BackupModel
public import BackupPolicy
public import BackupRepository

/// The sources that a configuration declares now, each with its promise.
public struct DeclaredSources: Sendable {
  /// One source.
  public struct Item: Sendable {
    /// The source.
    public var id: SourceID
    /// How old its newest good point may become; nil if nothing is promised.
    public var maximumAge: Duration?
    /// The directory of a tree; nil for a stream or a volume.
    public var path: String?
  }

  /// The sources in the order of the configuration.
  public let items: [Item]
  /// What couldn't be found out: lines for a person.
  public let problems: [String]

  /// Finds the sources.
  ///
  /// A tree whose children can't be listed, because its disk isn't mounted say, keeps the sources that the repository
  /// knows of it: what can't be seen must not drop out of the reports.
  /// So do volumes that can't be selected. Why they can't is a problem of the coverage, and isn't said here again.
  /// - Parameter seen: what was seen of volumes; nil if nobody looked at them.
  public init(_ configuration: Configuration, in repository: Repository?, volumes seen: SeenVolumes? = nil) {
    var items: [Item] = []
    var problems: [String] = []
    for tree in configuration.trees {
      let age = tree.maximumAge ?? configuration.maximumAge
      do {
        items += try TreeSource.expand(tree).map {
          Item(id: $0.source, maximumAge: age, path: $0.path.displayedPath)
        }
      } catch {
        problems.append("\(error)")
        // An unreadable repository is a finding of its own.
        let known = (try? repository?.sources()) ?? []
        items += known.filter { $0.kind == .tree && $0.name.hasPrefix("\(tree.name)/") }
          .map { Item(id: $0, maximumAge: age, path: nil) }
      }
    }
    items += configuration.streams.map {
      Item(id: $0.source, maximumAge: $0.maximumAge ?? configuration.maximumAge, path: nil)
    }
    items += Self.volumes(configuration, in: repository, seen)
    self.items = items
    self.problems = problems
  }

  private static func volumes(
    _ configuration: Configuration, in repository: Repository?, _ seen: SeenVolumes?
  ) -> [Item] {
    let declarations = configuration.volumes
    let seen = seen ?? SeenVolumes(notLookedAt: declarations, because: "it was not looked at")
    var items = VolumeCoverage.sources(of: declarations, seen: seen).map { id, declaration in
      Item(id: id, maximumAge: declaration.maximumAge ?? configuration.maximumAge, path: nil)
    }
    // An unreadable repository is a finding of its own.
    let stored = (try? repository?.sources()) ?? []
    // Why nothing is selected is a problem of the coverage.
    for declaration in declarations where (try? seen.selection(of: declaration)) == nil {
      let prefix = "\(SourceID.escaping(Array(declaration.group.utf8)))/"
      for id in stored where id.kind == .volume && id.name.hasPrefix(prefix) && !items.contains(where: { $0.id == id })
      {
        items.append(Item(id: id, maximumAge: declaration.maximumAge ?? configuration.maximumAge, path: nil))
      }
    }
    return items
  }
}
