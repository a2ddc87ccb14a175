import BackupModel

/// What a declaration says of each volume of a host. Pure: it asks nobody.
public struct VolumeSelection: Hashable, Sendable {
  /// What a declaration says of one volume.
  public enum Verdict: Hashable, Sendable {
    /// It is to be protected.
    case selected
    /// It is left out on purpose, whether or not it would be selected otherwise.
    case excluded(reason: String)
    /// The declaration doesn't mean it; why not, as a clause such as `its size 2.0 TiB is above 200GiB`.
    case notMatched(because: String)
  }

  /// Whether the names of claims are known, so that candidates without one have none.
  public enum Claims: Hashable, Sendable {
    /// They are.
    case known
    /// They are not; why, as a clause.
    case unknown(because: String)
  }

  /// A volume that is left out on purpose.
  public struct LeftOut: Hashable, Sendable {
    /// The volume.
    public let volume: VolumeCandidate
    /// Why; never blank.
    public let reason: String
  }

  /// The declaration.
  public let declaration: VolumeDeclaration
  /// The volumes that it selects, sorted by name.
  public let selected: [VolumeCandidate]
  /// The volumes that it leaves out on purpose, sorted by name.
  public let excluded: [LeftOut]

  /// Applies a declaration to all thin volumes of a host.
  ///
  /// - Throws: ``PolicyError`` of the category `failed` if the declaration needs claims and they aren't known, or no
  ///   volume has one: an exclusion by claim must never turn into no exclusion. Also if nothing is selected or excluded:
  ///   a pattern that fits nothing protects nothing.
  public init(
    of declaration: VolumeDeclaration, among candidates: [VolumeCandidate], claims: Claims
  ) throws(PolicyError) {
    if let why = Self.missingClaims(of: declaration, among: candidates, claims) {
      throw PolicyError(
        category: .failed,
        message: "cannot select the volumes `\(declaration.name)`: they are told apart by their claims, and "
          + "the claims are not known: \(why)",
        hint: "ask the cluster as backupctl does: the command under `kubernetes:` of the configuration, with "
          + "`get pv -o json`")
    }
    var selected: [VolumeCandidate] = []
    var excluded: [LeftOut] = []
    for candidate in candidates.sorted(by: { ($0.group, $0.name) < ($1.group, $1.name) }) {
      switch Self.verdict(on: candidate, by: declaration) {
      case .selected: selected.append(candidate)
      case .excluded(let reason): excluded.append(LeftOut(volume: candidate, reason: reason))
      case .notMatched: break
      }
    }
    guard !selected.isEmpty || !excluded.isEmpty else {
      let count = candidates.count { $0.group == declaration.group }
      throw PolicyError(
        category: .failed,
        message: "cannot select the volumes `\(declaration.name)`: none of the \(count) thin volumes of the group "
          + "\(declaration.group) is meant by it",
        hint: "see what there is with `backupctl volumes list`")
    }
    self.declaration = declaration
    self.selected = selected
    self.excluded = excluded
  }

  /// What a declaration says of one volume, if claims are known as far as it needs them.
  public static func verdict(on volume: VolumeCandidate, by declaration: VolumeDeclaration) -> Verdict {
    if let why = absence(of: volume, from: declaration) { return .notMatched(because: why) }
    if let exclusion = declaration.exclusions.first(where: { $0.excluded.matches(volume) }) {
      return .excluded(reason: exclusion.reason)
    }
    return mismatch(of: volume, declaration).map { .notMatched(because: $0) } ?? .selected
  }

  private static func absence(of volume: VolumeCandidate, from declaration: VolumeDeclaration) -> String? {
    if volume.isOwnSnapshot { return "it is a snapshot of backupctl" }
    guard volume.group == declaration.group else { return "it is not in the group \(declaration.group)" }
    guard let pool = declaration.pool, volume.pool != pool else { return nil }
    return "it is not in the pool \(pool)"
  }

  private static func mismatch(of volume: VolumeCandidate, _ declaration: VolumeDeclaration) -> String? {
    guard declaration.patterns.contains(where: { $0.matches(volume.name) }) else {
      return "its name does not match " + declaration.patterns.map(\.text).joined(separator: ", ")
    }
    if let namespaces = declaration.namespaces {
      guard let claim = volume.claim else { return "it has no claim" }
      guard namespaces.contains(where: { $0.matches(claim.namespace) }) else {
        return "its claim \(claim) is in none of the namespaces " + namespaces.map(\.text).joined(separator: ", ")
      }
    }
    if let minimum = declaration.minimumSize, volume.size < minimum {
      return "its size \(volume.size) is below \(minimum.exactText)"
    }
    if let maximum = declaration.maximumSize, volume.size > maximum {
      return "its size \(volume.size) is above \(maximum.exactText)"
    }
    return nil
  }

  /// Why a declaration can say nothing of any volume, as a clause: it needs claims, and they aren't known, or no volume has
  /// one; nil if it can.
  public static func missingClaims(
    of declaration: VolumeDeclaration, among candidates: [VolumeCandidate], _ claims: Claims
  ) -> String? {
    guard declaration.needsClaims else { return nil }
    switch claims {
    case .unknown(let why): return why
    case .known: return candidates.allSatisfy { $0.claim == nil } ? "no volume of this host has a claim" : nil
    }
  }
}

extension VolumeDeclaration.Excluded {
  /// Whether a volume is meant.
  public func matches(_ volume: VolumeCandidate) -> Bool {
    switch self {
    case .volumes(let pattern): pattern.matches(volume.name)
    case .claims: volume.claim.map(matches) ?? false
    }
  }

  /// Whether a claim is meant, be its volume on this host or not.
  public func matches(_ claim: ClaimName) -> Bool {
    guard case .claims(let namespace, let name) = self else { return false }
    return namespace.matches(claim.namespace) && name.matches(claim.name)
  }
}
