public import BackupPolicy

/// What was seen of the thin volumes of a host at one time.
public struct SeenVolumes: Sendable {
  /// What was seen of one volume group.
  public enum Group: Sendable, Hashable {
    /// Its thin pools, and all their volumes, snapshots too.
    case listed(pools: [String], volumes: [VolumeCandidate])
    /// Nothing; why, as a clause.
    case failed(because: String)
  }

  /// The groups that were looked at, by name.
  public var groups: [String: Group]
  /// The claims of the cluster as far as they are known.
  public var claims: KnownClaims

  /// Gathers what was seen; volumes get the names of their claims.
  public init(groups: [String: Group], claims: KnownClaims = .notAsked) {
    self.claims = claims
    self.groups = groups.mapValues { group in
      guard case .listed(let pools, let volumes) = group else { return group }
      return .listed(pools: pools, volumes: claims.naming(volumes))
    }
  }

  /// Nothing was seen of the groups that some declarations name.
  public init(notLookedAt declarations: [VolumeDeclaration], because why: String) {
    let groups = declarations.map { ($0.group, Group.failed(because: why)) }
    self.init(groups: Dictionary(groups) { first, _ in first })
  }

  /// What was seen of a group.
  func group(_ name: String) -> Group { groups[name] ?? .failed(because: "it was not looked at") }

  /// All volumes that were listed, of all groups.
  public var volumes: [VolumeCandidate] {
    groups.sorted { $0.key < $1.key }.flatMap { _, group in
      guard case .listed(_, let volumes) = group else { return [VolumeCandidate]() }
      return volumes
    }
  }

  /// The volumes that a declaration selects.
  ///
  /// - Throws: `PolicyError` of the category `failed` as ``VolumeSelection``; ``EngineError`` `sourceUnreadable` if the group
  ///   couldn't be listed or the pool isn't there.
  public func selection(of declaration: VolumeDeclaration) throws -> VolumeSelection {
    if let problem = problem(of: declaration) { throw EngineError(.sourceUnreadable, "cannot select \(problem)") }
    return try VolumeSelection(of: declaration, among: volumes, claims: claims.claims)
  }

  /// Why the place that a declaration names can't be looked at; nil if it can.
  func problem(of declaration: VolumeDeclaration) -> String? {
    let subject = "the volumes `\(declaration.name)`"
    switch group(declaration.group) {
    case .failed(let why): return "\(subject): the group \(declaration.group) can't be listed: \(why)"
    case .listed(let pools, _):
      guard let pool = declaration.pool, !pools.contains(pool) else { return nil }
      let there = pools.isEmpty ? "none" : pools.sorted().joined(separator: ", ")
      return "\(subject): the group \(declaration.group) has no thin pool \(pool), only \(there)"
    }
  }
}
