import BackupModel
import BackupPolicy

/// Which rules a plan goes by, as commands print it.
enum RulesText {
  /// A line for all sources of the same rules; their names are left out if all sources have the same.
  ///
  /// `rules: daily=7,weekly=4 (service nextcloud, backupctl.yaml:31)`; `rules of nfs/a, nfs/b: …`.
  static func lines(of sources: [SourceID], _ rules: [SourceID: EffectiveRules]) -> [String] {
    var groups: [(rules: EffectiveRules, sources: [SourceID])] = []
    for source in sources {
      guard let applying = rules[source] else { continue }
      if let place = groups.firstIndex(where: { $0.rules == applying }) {
        groups[place].sources.append(source)
      } else {
        groups.append((applying, [source]))
      }
    }
    return groups.map { group in
      let names = group.sources.map(\.name).joined(separator: ", ")
      return "rules\(group.sources.count < sources.count ? " of \(names)" : ""): \(group.rules)"
    }
  }
}
