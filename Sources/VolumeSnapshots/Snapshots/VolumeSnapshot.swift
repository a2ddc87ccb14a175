public import BackupModel

/// A volume snapshot of ours: a thin volume with our tags. A throwaway snapshot isn't one.
public struct VolumeSnapshot: Hashable, Sendable {
  /// The volume that it is.
  public let volume: ThinVolume
  /// What we wrote on it.
  public let tags: SnapshotTags
  /// Bytes that nothing but it holds in the pool, which removing it would free; nil until the pool's metadata were asked.
  public var exclusiveBytes: ByteCount?

  /// Takes a thin volume for a snapshot.
  ///
  /// - Returns: nil if it isn't ours, or is a throwaway snapshot.
  public init?(_ volume: ThinVolume) {
    guard let tags = SnapshotTags(volume.tags), !tags.isThrowaway else { return nil }
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

  /// Gathers what a snapshot is known by; to be asked right after it was made, before its origin could be replaced.
  ///
  /// - Parameters:
  ///   - transaction: the pool's transaction when the thin device was made, from the pool's metadata.
  ///   - creationTime: the pool's time then, from the pool's metadata.
  /// - Throws: ``VolumeError`` `notFound` if the snapshot, its origin or its pool is gone, `unusableOutput` if LVM doesn't
  ///   know when it was made.
  public func identity(
    of snapshot: VolumeName, transaction: Int, creationTime: Int
  ) throws(VolumeError) -> SnapshotIdentity {
    let volume = try volume(snapshot)
    let group = try group(snapshot.group)
    let pool = try pool(volume.pool)
    guard let originUUID = volume.originUUID, let origin = self.volume(uuid: originUUID) else {
      throw VolumeError(
        .notFound, "cannot identify the snapshot \(snapshot): the volume that it was made of is gone")
    }
    guard let created = volume.created else {
      throw VolumeError(
        .unusableOutput, "cannot identify the snapshot \(snapshot): LVM does not know when it was made",
        hint: "run `lvs -o +lv_time \(snapshot)`")
    }
    return SnapshotIdentity(
      name: snapshot, uuid: volume.uuid, thinID: volume.thinID, transaction: transaction, creationTime: creationTime,
      created: created.seconds, originUUID: originUUID, originThinID: origin.thinID, groupUUID: group.uuid,
      groupSequence: group.sequence, poolUUID: pool.uuid, pool: pool.name.volume, size: volume.size.bytes,
      chunkSize: pool.chunkSize.bytes)
  }
}
