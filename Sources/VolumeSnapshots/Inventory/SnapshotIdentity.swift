/// Everything by which a snapshot is known again, so that a difference is proved to belong to its base.
///
/// A point of an image keeps that of the snapshot from which it was read. All of it is written when the snapshot is made, before anything else
/// could have touched it.
public struct SnapshotIdentity: Hashable, Sendable, Codable {
  /// The snapshot's name, `GROUP/VOLUME`.
  public var name: VolumeName
  /// The snapshot's own UUID.
  public var uuid: String
  /// Its thin id in the pool; ids are reused after removal.
  public var thinID: Int
  /// The pool's transaction when the thin device was made, from the pool's own metadata.
  public var transaction: Int
  /// The pool's time when the thin device was made: a count of snapshots, not of seconds. A mapping of the snapshot whose time isn't
  /// below it was written after the snapshot was made.
  public var creationTime: Int
  /// When it was made, in seconds since 1970, by LVM's clock.
  public var created: Int64
  /// The UUID of the volume that it was made of.
  public var originUUID: String
  /// The thin id that the origin had then; another one now means that the volume was rolled back or replaced.
  public var originThinID: Int
  /// The UUID of the volume group.
  public var groupUUID: String
  /// The sequence number of the group's metadata right after the snapshot was made; it only grows unless old metadata were restored.
  public var groupSequence: Int
  /// The UUID of the pool.
  public var poolUUID: String
  /// The pool's name, without its group.
  public var pool: String
  /// Bytes of the volume.
  public var size: Int64
  /// Bytes of one of the pool's chunks.
  public var chunkSize: Int64

  /// Gathers an identity.
  public init(
    name: VolumeName, uuid: String, thinID: Int, transaction: Int, creationTime: Int, created: Int64,
    originUUID: String, originThinID: Int, groupUUID: String, groupSequence: Int, poolUUID: String, pool: String,
    size: Int64, chunkSize: Int64
  ) {
    self.name = name
    self.uuid = uuid
    self.thinID = thinID
    self.transaction = transaction
    self.creationTime = creationTime
    self.created = created
    self.originUUID = originUUID
    self.originThinID = originThinID
    self.groupUUID = groupUUID
    self.groupSequence = groupSequence
    self.poolUUID = poolUUID
    self.pool = pool
    self.size = size
    self.chunkSize = chunkSize
  }
}
