extension RecoveryPoint.Volume {
  /// The identity of a volume snapshot, by which it is known again as the base of a difference.
  public struct Snapshot: Codable, Hashable, Sendable {
    /// The snapshot's name in the volume's group.
    public var name: String
    /// The snapshot's own UUID.
    public var uuid: String
    /// Its thin id in the pool.
    public var thinID: Int
    /// The pool's transaction when it was made.
    public var transaction: Int
    /// The pool's count of snapshots when it was made.
    public var creationTime: Int
    /// When it was made, in seconds since 1970.
    public var created: Int64
    /// The UUID of the volume that it was made of.
    public var originUUID: String
    /// The thin id that the volume had then.
    public var originThinID: Int
    /// The UUID of the volume group.
    public var groupUUID: String
    /// The sequence number of the group's metadata right after the snapshot was made.
    public var groupSequence: Int
    /// The UUID of the pool.
    public var poolUUID: String
    /// The pool's name in the group.
    public var pool: String
    /// Bytes of the volume.
    public var size: Int64
    /// Bytes of one of the pool's chunks.
    public var chunkSize: Int64

    /// Gathers an identity.
    public init(
      name: String, uuid: String, thinID: Int, transaction: Int, creationTime: Int, created: Int64, originUUID: String,
      originThinID: Int, groupUUID: String, groupSequence: Int, poolUUID: String, pool: String, size: Int64,
      chunkSize: Int64
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
}
