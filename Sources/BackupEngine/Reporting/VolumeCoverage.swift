public import BackupModel
public import BackupPolicy
import VolumeSnapshots

/// What protects each thin volume of the pools that are declared, and each claim of the cluster. Pure: it looks at nothing.
///
/// Every volume is protected, or left out for a reason, or uncovered; what couldn't be found out is a problem, never silence.
public struct VolumeCoverage: Sendable {
  /// The volumes by name, then the claims that have no volume among them.
  public let items: [CoverageSurvey.Item]
  /// What couldn't be found out: lines for a person.
  public let problems: [String]

  /// Joins declarations with what was seen.
  public init(_ declarations: [VolumeDeclaration], seen: SeenVolumes) {
    var builder = Builder(declarations: declarations, seen: seen)
    builder.addProblems()
    builder.addVolumes()
    builder.addClaims()
    items = builder.items
    problems = builder.problems
  }

  /// The sources of some declarations, each once, with the first declaration that selects it: its promise counts.
  public static func sources(
    of declarations: [VolumeDeclaration], seen: SeenVolumes
  ) -> [(id: SourceID, declaration: VolumeDeclaration)] {
    var known: Set<SourceID> = []
    var sources: [(id: SourceID, declaration: VolumeDeclaration)] = []
    for declaration in declarations {
      // Why nothing is selected is one of the problems.
      guard let selection = try? seen.selection(of: declaration) else { continue }
      for volume in selection.selected {
        guard let id = volume.source, known.insert(id).inserted else { continue }
        sources.append((id, declaration))
      }
    }
    return sources
  }
}

/// Gathers the items of a coverage.
private struct Builder {
  let declarations: [VolumeDeclaration]
  let seen: SeenVolumes
  var items: [CoverageSurvey.Item] = []
  var problems: [String] = []
  /// The logical volumes that have items of their own, without their groups.
  private var shown: Set<String> = []
  /// The declarations that can't say anything of any volume, for want of claims.
  private let silent: Set<String>

  init(declarations: [VolumeDeclaration], seen: SeenVolumes) {
    self.declarations = declarations
    self.seen = seen
    let volumes = seen.volumes
    silent = Set(
      declarations.filter { VolumeSelection.missingClaims(of: $0, among: volumes, seen.claims.claims) != nil }
        .map(\.name))
  }

  mutating func addProblems() {
    if let warning = seen.claims.warning { problems.append(warning) }
    for declaration in declarations {
      do {
        _ = try seen.selection(of: declaration)
      } catch {
        problems.append((error as? any Failure)?.message ?? "\(error)")
      }
    }
    for volume in seen.volumes.sorted(by: { ($0.group, $0.name) < ($1.group, $1.name) }) {
      let meaning = declarations.filter {
        !silent.contains($0.name) && VolumeSelection.verdict(on: volume, by: $0) == .selected
      }
      guard let first = meaning.first,
        let other = meaning.first(where: { $0.mode != first.mode || $0.luksKey != first.luksKey })
      else { continue }
      problems.append(
        "\(volume.group)/\(volume.name) is meant by `\(first.name)` and by `\(other.name)`, which disagree in `mode` or "
          + "`luks`: leave it out of one of them")
    }
  }

  mutating func addVolumes() {
    let volumes = seen.volumes.filter { volume in
      !volume.isOwnSnapshot
        && declarations.contains { $0.group == volume.group && ($0.pool == nil || $0.pool == volume.pool) }
    }
    for volume in volumes.sorted(by: { ($0.group, $0.name) < ($1.group, $1.name) }) {
      shown.insert(volume.name)
      items.append(item(of: volume))
    }
  }

  private func item(of volume: VolumeCandidate) -> CoverageSurvey.Item {
    var item = CoverageSurvey.Item(
      kind: .volume, path: "\(volume.group)/\(volume.name)", claim: volume.claim, protection: .uncovered)
    var reasons: [String] = []
    for declaration in declarations where declaration.group == volume.group {
      guard !silent.contains(declaration.name) else { continue }
      switch VolumeSelection.verdict(on: volume, by: declaration) {
      case .selected:
        guard let source = volume.source else { continue }
        item.protection = .protected(by: source)
        item.selection = declaration.name
        return item
      case .excluded(let reason):
        guard item.selection == nil else { continue }
        item.protection = .excluded(reason: reason)
        item.selection = declaration.name
      case .notMatched(let why): reasons.append("\(declaration.name): \(why)")
      }
    }
    guard item.protection == .uncovered else { return item }
    let waiting = declarations.filter { $0.group == volume.group && silent.contains($0.name) }.map(\.name)
    if waiting.isEmpty {
      item.note = reasons.joined(separator: "; ")
    } else {
      item.protection = .unknown
      item.note = "whether \(waiting.joined(separator: ", ")) means it depends on its claim, which is not known"
    }
    return item
  }

  mutating func addClaims() {
    let failed = seen.groups.filter { if case .failed = $0.value { true } else { false } }.keys.sorted()
    let elsewhere = Dictionary(grouping: seen.volumes.filter { !$0.isOwnSnapshot }, by: \.name)
    for claim in seen.claims.inventory?.claims ?? [] where claim.phase == .bound {
      guard claim.volume.map(shown.contains) != true else { continue }
      let name = ClaimName(namespace: claim.namespace, name: claim.name)
      var item = CoverageSurvey.Item(kind: .claim, path: name.description, claim: name, protection: .uncovered)
      let volume = claim.volume ?? claim.persistentVolume
      let node = claim.node.map { " (node \($0))" } ?? ""
      if let exclusion = exclusion(of: name) {
        item.protection = .excluded(reason: exclusion.reason)
        item.selection = exclusion.selection
      } else if let place = elsewhere[volume]?.first {
        item.note = "its volume \(place.group)/\(volume) is in the pool \(place.pool), which nothing declares"
      } else if claim.volume == nil {
        item.note = "its volume \(volume) lies on the storage \(claim.storage), which is not LVM's\(node)"
      } else if !failed.isEmpty {
        item.protection = .unknown
        item.note = "its volume \(volume) may be in \(failed.joined(separator: ", ")), which can't be listed"
      } else {
        item.note = "its volume \(volume) is not on this host\(node)"
      }
      items.append(item)
    }
  }

  private func exclusion(of claim: ClaimName) -> (reason: String, selection: String)? {
    for declaration in declarations {
      for exclusion in declaration.exclusions where exclusion.excluded.matches(claim) {
        return (exclusion.reason, declaration.name)
      }
    }
    return nil
  }
}
