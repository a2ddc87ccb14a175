public import BackupModel

/// A volume snapshot of ours: a thin volume with our tags. A throwaway snapshot isn't one, nor is what a restore in place made or keeps.
public struct VolumeSnapshot: Hashable, Sendable {
  /// The volume that it is.
  public let volume: ThinVolume
  /// What we wrote on it.
  public let tags: SnapshotTags

  /// Takes a thin volume for a snapshot.
  ///
  /// - Returns: nil if it isn't ours, or is another thing of ours.
  public init?(_ volume: ThinVolume) {
    guard let tags = SnapshotTags(volume.tags), !tags.isThrowaway, tags.restore == nil else { return nil }
    self.volume = volume
    self.tags = tags
  }

  /// Its name.
  public var name: VolumeName { volume.name }

  /// When it was made: by our clock as its tag says, else by LVM's; nil if neither is known.
  public var created: Timestamp? { tags.created ?? volume.created }

  /// The name of the volume that it was made of, as it was then, else as LVM has it now; nil if neither is known.
  public var originName: VolumeName? { tags.origin.flatMap { volume.name.sibling($0) } ?? volume.origin }

  /// Whether it can be relied on: finished, healthy, and nothing could have written to it.
  public var isGood: Bool { !tags.isUnfinished && volume.trouble == nil && volume.permission != .writable }
}

extension VolumeInventory {
  /// Our snapshots, by name; throwaway ones are left out.
  public var snapshots: [VolumeSnapshot] { volumes.compactMap { VolumeSnapshot($0) } }

  /// Our snapshots of a volume.
  public func snapshots(of volume: VolumeName) -> [VolumeSnapshot] { snapshots.filter { $0.originName == volume } }
}
