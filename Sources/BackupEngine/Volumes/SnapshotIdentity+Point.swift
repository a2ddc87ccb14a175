public import BackupRepository
public import VolumeSnapshots

extension RecoveryPoint.Volume.Snapshot {
  /// Writes down by what a snapshot is known again.
  public init(_ identity: SnapshotIdentity) {
    self.init(
      name: identity.name.volume, uuid: identity.uuid, thinID: identity.thinID, transaction: identity.transaction,
      creationTime: identity.creationTime, created: identity.created, originUUID: identity.originUUID,
      originThinID: identity.originThinID, groupUUID: identity.groupUUID, groupSequence: identity.groupSequence,
      poolUUID: identity.poolUUID, pool: identity.pool, size: identity.size, chunkSize: identity.chunkSize)
  }
}

extension RecoveryPoint.Volume {
  /// By what the snapshot that was read is known again; nil if the point doesn't say, or with names that LVM doesn't allow.
  public var snapshotIdentity: SnapshotIdentity? {
    guard let snapshot, let name = VolumeName(group: group, volume: snapshot.name) else { return nil }
    return SnapshotIdentity(
      name: name, uuid: snapshot.uuid, thinID: snapshot.thinID, transaction: snapshot.transaction,
      creationTime: snapshot.creationTime, created: snapshot.created, originUUID: snapshot.originUUID,
      originThinID: snapshot.originThinID, groupUUID: snapshot.groupUUID, groupSequence: snapshot.groupSequence,
      poolUUID: snapshot.poolUUID, pool: snapshot.pool, size: snapshot.size, chunkSize: snapshot.chunkSize)
  }
}
