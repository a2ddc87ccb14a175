import BackupModel
import BackupRepository

/// Sources as `check` and `verify` take them: names, or none for all.
enum SourceArguments {
  /// The sources that are meant.
  ///
  /// A name means the source of that name and those below it: `nfs` includes `nfs/immich`.
  /// - Throws: `RepositoryError` `noSuchSource` naming the nearest one.
  static func sources(_ names: [String], in repository: Repository) throws -> [SourceID] {
    let all = try repository.sources()
    if names.isEmpty { return all }
    var chosen: Set<SourceID> = []
    for name in names {
      let below = all.filter { $0.name.hasPrefix("\(name)/") || $0.description.hasPrefix("\(name)/") }
      chosen.formUnion(below)
      if below.isEmpty || all.contains(where: { $0.name == name || $0.description == name }) {
        chosen.insert(try PointSelection.requiredSource(named: name, in: repository))
      }
    }
    return chosen.sorted()
  }
}
