/// Whether a snapshot that is kept as a base is still what the point that was read from it noted.
///
/// What the pool says by its own metadata decides: a thin device made at the noted transaction and time, with no block
/// written since, has the content that was read. What LVM says is looked at too, since it tells what happened.
public enum BaseProof: Hashable, Sendable {
  /// The difference from this base may be used.
  case proved
  /// It may not.
  case void(Reason)

  /// Why a base is void.
  public enum Reason: String, Hashable, Sendable, CaseIterable, Codable {
    /// There is no volume of the base's name any more.
    case baseGone = "base-gone"
    /// Another volume has the base's name.
    case baseReplaced = "base-replaced"
    /// Another thin device has the base's thin id.
    case thinIDRecycled = "thin-id-recycled"
    /// The base has another size than it had.
    case baseResized = "base-resized"
    /// The pool has another chunk size.
    case chunkSizeChanged = "chunk-size-changed"
    /// Another volume group has the group's name.
    case groupReplaced = "group-replaced"
    /// The volume is in another pool.
    case poolReplaced = "pool-replaced"
    /// Another volume has the name of the one that is backed up.
    case originReplaced = "origin-replaced"
    /// The volume was rolled back to a snapshot.
    case rolledBack = "rolled-back"
    /// Old metadata of the group or of the pool were restored.
    case metadataRestored = "metadata-restored"
    /// The base was written to after it was made.
    case baseWritten = "base-written"
    /// The base is open now, so it may be written to.
    case baseOpen = "base-open"
  }

  /// What LVM says of the volume that has the base's name now.
  public struct Volume: Hashable, Sendable {
    /// Its UUID.
    public var uuid: String
    /// Its thin id.
    public var thinID: Int
    /// Its size in bytes.
    public var size: Int64
    /// Whether something has it open.
    public var isOpen: Bool

    /// Describes a volume.
    public init(uuid: String, thinID: Int, size: Int64, isOpen: Bool) {
      self.uuid = uuid
      self.thinID = thinID
      self.size = size
      self.isOpen = isOpen
    }
  }

  /// What LVM says now of where the base should be.
  public struct Surroundings: Hashable, Sendable {
    /// What has the base's name; nil if nothing has.
    public var volume: Volume?
    /// The sequence number of the group's metadata.
    public var groupSequence: Int

    /// Describes what was found.
    public init(volume: Volume?, groupSequence: Int) {
      self.volume = volume
      self.groupSequence = groupSequence
    }
  }

  /// Compares what was noted with what is there now.
  ///
  /// - Parameters:
  ///   - noted: the base as the point noted it.
  ///   - current: the new snapshot.
  ///   - found: what LVM says now.
  ///   - devices: the pool's devices by their thin ids.
  public static func examine(
    _ noted: SnapshotIdentity, current: SnapshotIdentity, found: Surroundings, devices: [Int: ThinDevice]
  ) -> BaseProof {
    if current.groupUUID != noted.groupUUID { return .void(.groupReplaced) }
    if current.poolUUID != noted.poolUUID { return .void(.poolReplaced) }
    if current.chunkSize != noted.chunkSize { return .void(.chunkSizeChanged) }
    let device = devices[noted.thinID]
    let isSameDevice =
      device.map { $0.transaction == noted.transaction && $0.creationTime == noted.creationTime } ?? false
    // The group's number grows with each change, the pool's time with each snapshot.
    let isOlder = current.created > noted.created && current.creationTime <= noted.creationTime
    if found.groupSequence < noted.groupSequence || isOlder && current.thinID != noted.thinID {
      return .void(.metadataRestored)
    }
    guard let volume = found.volume else {
      // LVM has forgotten a device that the pool still has: its metadata are older than the device.
      return .void(isSameDevice ? .metadataRestored : .baseGone)
    }
    if volume.uuid != noted.uuid { return .void(.baseReplaced) }
    if current.originUUID != noted.originUUID { return .void(.originReplaced) }
    if current.originThinID != noted.originThinID { return .void(.rolledBack) }
    if volume.thinID != noted.thinID || !isSameDevice { return .void(.thinIDRecycled) }
    if volume.size != noted.size { return .void(.baseResized) }
    if volume.isOpen { return .void(.baseOpen) }
    return .proved
  }

  /// Looks at the mappings of a base that passed ``examine(_:current:found:devices:)``.
  public static func examine(_ mapping: ThinMapping) -> BaseProof {
    mapping.writtenBlocks > 0 ? .void(.baseWritten) : .proved
  }
}

extension BaseProof.Reason {
  /// The reason as a clause, with the names.
  public func clause(base: SnapshotIdentity) -> String {
    let name = base.name
    switch self {
    case .baseGone: return "the base snapshot \(name) is gone"
    case .baseReplaced: return "\(name) isn't the snapshot that was the base, but a later one of the same name"
    case .thinIDRecycled: return "thin id \(base.thinID), which the base \(name) had, belongs to another thin device"
    case .baseResized: return "the base snapshot \(name) was resized"
    case .chunkSizeChanged: return "the pool has another chunk size than when the base \(name) was made"
    case .groupReplaced:
      return "\(name.group) isn't the volume group in which the base was made, but another of that name"
    case .poolReplaced: return "the volume isn't in the pool \(base.pool) any more in which the base \(name) was made"
    case .originReplaced: return "the volume isn't the one of which the base \(name) was made, but another of its name"
    case .rolledBack: return "the volume was rolled back since the base \(name) was made"
    case .metadataRestored:
      return
        "old metadata of the volume group \(name.group) or its pool \(base.pool) were restored since the base \(name) "
        + "was made"
    case .baseWritten: return "the base snapshot \(name) was written to after it was made, as by a mount"
    case .baseOpen: return "the base snapshot \(name) is open, so it may be written to"
    }
  }
}
