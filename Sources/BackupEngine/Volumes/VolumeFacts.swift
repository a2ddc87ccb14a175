public import BackupModel
public import BackupPolicy

/// What is known of one thin volume beside its name: what it holds, its snapshots.
public struct VolumeFacts: Hashable, Sendable {
  /// A snapshot of the volume that this program made.
  public struct Snapshot: Hashable, Sendable {
    /// Its name, without its group.
    public var name: String
    /// When it was made.
    public var created: Timestamp
    /// The bytes of the pool that removing it alone would free; nil if that isn't known.
    public var exclusive: ByteCount?
    /// Whether the next point's difference is taken against it, so that retention leaves it alone.
    public var isBase: Bool

    /// Describes a snapshot.
    public init(name: String, created: Timestamp, exclusive: ByteCount? = nil, isBase: Bool = false) {
      self.name = name
      self.created = created
      self.exclusive = exclusive
      self.isBase = isBase
    }
  }

  /// The volume.
  public var volume: VolumeCandidate
  /// The bytes of the pool that it maps; nil if that isn't known.
  public var mapped: ByteCount?
  /// Whether it begins with a LUKS header; nil if nobody looked.
  public var isEncrypted: Bool?
  /// Its snapshots of this program, in any order.
  public var snapshots: [Snapshot]

  /// Gathers facts.
  public init(
    volume: VolumeCandidate, mapped: ByteCount? = nil, isEncrypted: Bool? = nil, snapshots: [Snapshot] = []
  ) {
    self.volume = volume
    self.mapped = mapped
    self.isEncrypted = isEncrypted
    self.snapshots = snapshots
  }
}
