/// The volume groups, thin pools and thin volumes of this host at one instant.
public struct VolumeInventory: Hashable, Sendable {
  /// The groups that have a volume, by name.
  public let groups: [VolumeGroup]
  /// The thin pools, by name.
  public let pools: [ThinPool]
  /// The thin volumes, snapshots among them, by name.
  public let volumes: [ThinVolume]
  /// The names of all volumes that LVM shows, of whatever kind: none of them can be given to a new one.
  public let takenNames: Set<VolumeName>

  /// Gathers an inventory.
  ///
  /// - Parameter otherNames: names of volumes that are neither pools nor thin.
  public init(
    groups: [VolumeGroup], pools: [ThinPool], volumes: [ThinVolume], otherNames: Set<VolumeName> = []
  ) {
    self.groups = groups.sorted { $0.name < $1.name }
    self.pools = pools.sorted { $0.name < $1.name }
    self.volumes = volumes.sorted { $0.name < $1.name }
    takenNames = otherNames.union(pools.map(\.name)).union(volumes.map(\.name))
  }

  /// Finds a group.
  ///
  /// - Throws: ``VolumeError`` `notFound`, naming the groups that are there.
  public func group(_ name: String) throws(VolumeError) -> VolumeGroup {
    guard let group = groups.first(where: { $0.name == name }) else {
      throw VolumeError(
        .notFound,
        "cannot find volumes of the group \(name): \(Self.thoseThere(groups.map(\.name), "groups with volumes are"))",
        hint: "run `vgs`")
    }
    return group
  }

  /// Finds a pool.
  ///
  /// - Throws: ``VolumeError`` `notFound`, naming the pools that are there.
  public func pool(_ name: VolumeName) throws(VolumeError) -> ThinPool {
    _ = try group(name.group)
    guard let pool = pools.first(where: { $0.name == name }) else {
      let there = pools.map(\.name).filter { $0.group == name.group }.map(\.volume)
      throw VolumeError(
        .notFound, "cannot find the thin pool \(name): \(Self.thoseThere(there, "the thin pools of the group are"))",
        hint: "run `lvs -o +segtype \(name.group)`")
    }
    return pool
  }

  /// The thin pools of a group.
  ///
  /// - Throws: ``VolumeError`` `notFound` if the group isn't there.
  public func pools(ofGroup name: String) throws(VolumeError) -> [ThinPool] {
    _ = try group(name)
    return pools.filter { $0.name.group == name }
  }

  /// Finds a thin volume.
  ///
  /// - Throws: ``VolumeError`` `notFound` if it isn't there, or is a volume of another kind.
  public func volume(_ name: VolumeName) throws(VolumeError) -> ThinVolume {
    _ = try group(name.group)
    guard let volume = volumeIfAny(name) else {
      throw VolumeError(
        .notFound, "cannot find the volume \(name): no thin volume of that name is in the group",
        hint: "run `lvs -o +segtype \(name.group)`")
    }
    return volume
  }

  /// A thin volume, or nil if it isn't there.
  public func volumeIfAny(_ name: VolumeName) -> ThinVolume? { volumes.first { $0.name == name } }

  /// A thin volume by its UUID, whatever it is called now.
  public func volume(uuid: String) -> ThinVolume? { volumes.first { $0.uuid == uuid } }

  private static func thoseThere(_ names: [String], _ intro: String) -> String {
    names.isEmpty ? "\(intro) none" : "\(intro) \(names.joined(separator: ", "))"
  }
}
