import BackupModel
import BackupPolicy
import JobEngine
import VolumeSnapshots

/// The volumes that a job names, as its tasks: selected anew in each run.
struct VolumeTasks: Sendable {
  private static let volumeKey = "volume"
  private static let selectionKey = "selection"
  private static let claimKey = "claim"
  private static let snapshotKey = "snapshot"

  /// The selections that the job names.
  let declarations: [VolumeDeclaration]

  /// Reads the key `volumes` of a job.
  ///
  /// - Throws: `PolicyError` if a selection isn't declared.
  init(_ declaration: JobDeclaration, in scope: JobScope) throws(PolicyError) {
    var declarations: [VolumeDeclaration] = []
    for node in try declaration.specification["volumes"]?.stringNodes() ?? [] {
      let wanted = try node.string()
      guard let found = scope.volumes.first(where: { $0.name == wanted }) else {
        let nearest = nearestName(to: wanted, among: scope.volumes.map(\.name))
        throw PolicyError(
          at: node.location,
          "there are no volumes `\(wanted)`" + (nearest.map { "; did you mean `\($0)`?" } ?? ""),
          hint: "selections of volumes are declared under `volumes:` of the schedule or the configuration")
      }
      declarations.append(found)
    }
    self.declarations = declarations
  }

  /// The selected volumes, each once, with what its task needs to know.
  ///
  /// - Throws: ``EngineError`` `sourceUnreadable` if a group can't be listed; `PolicyError` of the category `failed` if nothing is
  ///   selected, or claims decide and aren't known.
  func select(on host: VolumeHost) async throws -> [(source: SourceID, parameters: [String: String])] {
    guard !declarations.isEmpty else { return [] }
    let (seen, _) = try await host.look()
    var found: [(source: SourceID, parameters: [String: String])] = []
    for declaration in declarations {
      for volume in try seen.selection(of: declaration).selected {
        guard let source = volume.source, !found.contains(where: { $0.source == source }) else { continue }
        var parameters = [
          Self.volumeKey: "\(volume.group)/\(volume.name)", Self.selectionKey: declaration.name,
        ]
        parameters[Self.claimKey] = volume.claim?.description
        found.append((source, parameters))
      }
    }
    return found
  }

  /// What a task of this job, or of the job that took the snapshot, is about.
  ///
  /// - Parameter texts: a task's parameters, or the results of one.
  /// - Returns: nil if they aren't those of a volume that is still declared.
  static func target(_ texts: [String: String], in scope: JobScope) -> (VolumeTarget, VolumeDeclaration)? {
    guard let volume = texts[volumeKey].flatMap({ VolumeName(parsing: $0) }),
      let declaration = scope.volumes.first(where: { $0.name == texts[selectionKey] })
    else { return nil }
    let candidate = VolumeCandidate(
      group: volume.group, pool: "", name: volume.volume, size: .zero, claim: claim(texts[claimKey]))
    return VolumeTarget(candidate, of: declaration).map { ($0, declaration) }
  }

  private static func claim(_ text: String?) -> ClaimName? {
    guard let parts = text?.split(separator: "/", maxSplits: 1), parts.count == 2 else { return nil }
    return ClaimName(namespace: String(parts[0]), name: String(parts[1]))
  }

  /// The snapshot that an earlier job took.
  static func snapshot(_ texts: [String: String]) -> VolumeName? {
    texts[snapshotKey].flatMap { VolumeName(parsing: $0) }
  }

  /// What a task that took a snapshot leaves for those that read it.
  static func results(_ task: PlannedTask<SourceID>, snapshot: VolumeName) -> [String: String] {
    task.parameters.merging([snapshotKey: snapshot.description]) { _, new in new }
  }
}
