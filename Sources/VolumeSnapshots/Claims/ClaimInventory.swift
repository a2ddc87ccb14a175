/// The claims of a cluster whose volumes one driver makes.
public struct ClaimInventory: Hashable, Sendable, Codable {
  /// The claims by namespace and name; one whose volume was replaced is there once for each volume.
  public var claims: [PersistentClaim]
  /// How many persistent volumes other drivers have, by driver; the empty name is for those without one, such as NFS.
  public var otherDrivers: [String: Int]

  /// Gathers claims.
  public init(claims: [PersistentClaim], otherDrivers: [String: Int] = [:]) {
    self.claims = claims.sorted {
      ($0.namespace, $0.name, $0.persistentVolume) < ($1.namespace, $1.name, $1.persistentVolume)
    }
    self.otherDrivers = otherDrivers
  }

  /// The claim of each logical volume, by the volume's name without its group.
  ///
  /// A volume that several persistent volumes name, as after a restore by hand, belongs to the bound one.
  public var byVolume: [String: PersistentClaim] {
    var found: [String: PersistentClaim] = [:]
    for claim in claims {
      guard let volume = claim.volume else { continue }
      if let earlier = found[volume], earlier.phase == .bound || claim.phase != .bound { continue }
      found[volume] = claim
    }
    return found
  }
}
