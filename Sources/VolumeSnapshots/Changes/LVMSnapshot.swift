/// What LVM says of a snapshot: its identity but for what only the pool's own metadata know.
public struct LVMSnapshot: Hashable, Sendable {
  /// The snapshot's name.
  public var name: VolumeName
  /// Its own UUID.
  public var uuid: String
  /// Its thin id in the pool.
  public var thinID: Int
  /// The pool's transaction when it was made, as LVM notes it (`lvs -o transaction_id` of the snapshot).
  public var transaction: Int
  /// When it was made, in seconds since 1970, by LVM's clock.
  public var created: Int64
  /// The UUID of the volume that it was made of.
  public var originUUID: String
  /// The thin id of the volume that it was made of.
  public var originThinID: Int
  /// The UUID of the volume group.
  public var groupUUID: String
  /// The sequence number of the group's metadata.
  public var groupSequence: Int
  /// The pool: its name, its UUID, its chunk size.
  public var pool: MetadataPool
  /// Bytes of the volume.
  public var size: Int64

  /// Gathers what LVM says.
  public init(
    name: VolumeName, uuid: String, thinID: Int, transaction: Int, created: Int64, originUUID: String,
    originThinID: Int, groupUUID: String, groupSequence: Int, pool: MetadataPool, size: Int64
  ) {
    self.name = name
    self.uuid = uuid
    self.thinID = thinID
    self.transaction = transaction
    self.created = created
    self.originUUID = originUUID
    self.originThinID = originThinID
    self.groupUUID = groupUUID
    self.groupSequence = groupSequence
    self.pool = pool
    self.size = size
  }

  /// Finds what LVM says of a snapshot; to be asked right after it was made, before its origin could be replaced.
  ///
  /// - Throws: ``VolumeError`` `notFound` if the snapshot, the volume that it was made of or its pool is gone, `unusableOutput` if LVM
  ///   doesn't know when it was made.
  public init(_ name: VolumeName, in inventory: VolumeInventory) throws(VolumeError) {
    let volume = try inventory.volume(name)
    let group = try inventory.group(name.group)
    let pool = try inventory.pool(volume.pool)
    guard let originUUID = volume.originUUID, let origin = inventory.volume(uuid: originUUID) else {
      throw VolumeError(.notFound, "cannot identify the snapshot \(name): the volume that it was made of is gone")
    }
    guard let created = volume.created else {
      throw VolumeError(
        .unusableOutput, "cannot identify the snapshot \(name): LVM does not know when it was made",
        hint: "run `lvs -o +lv_time \(name)`")
    }
    self.init(
      name: name, uuid: volume.uuid, thinID: volume.thinID, transaction: volume.transaction, created: created.seconds,
      originUUID: originUUID, originThinID: origin.thinID, groupUUID: group.uuid, groupSequence: group.sequence,
      pool: MetadataPool(name: pool.name, uuid: pool.uuid, chunkSize: pool.chunkSize.bytes), size: volume.size.bytes)
  }

  /// The identity, with the time of creation from the pool's metadata.
  ///
  /// A snapshot that shares its instant with others was made anew in the pool after LVM had noted its transaction, so the pool's own
  /// is the one that counts. A later one may also be that of another device, if the snapshot was removed since LVM was asked: whoever uses the
  /// identity asks LVM once more whether the snapshot is still there.
  /// - Throws: ``VolumeError`` `notFound` if the pool has no such device, or one made in an earlier transaction.
  public func identity(in devices: [Int: ThinDevice]) throws -> SnapshotIdentity {
    guard let device = devices[thinID], device.transaction >= transaction else {
      throw VolumeError(
        .notFound, "cannot find the snapshot \(name) in its pool: it was removed in the meantime",
        cause: devices[thinID].map {
          "thin id \(thinID) was made in transaction \($0.transaction), the snapshot in \(transaction)"
        } ?? "the pool \(pool.name) has no thin device \(thinID)",
        hint: "see what is there with `lvs -a -o name,thin_id,transaction_id \(name.group)`")
    }
    return SnapshotIdentity(
      name: name, uuid: uuid, thinID: thinID, transaction: device.transaction, creationTime: device.creationTime,
      created: created, originUUID: originUUID, originThinID: originThinID, groupUUID: groupUUID,
      groupSequence: groupSequence, poolUUID: pool.uuid, pool: pool.name.volume, size: size, chunkSize: pool.chunkSize)
  }
}
