public import BackupModel

/// A claim of a Kubernetes cluster and the volume that was made for it.
public struct PersistentClaim: Hashable, Sendable, Codable {
  /// What became of the claim, as the cluster says of its persistent volume (`status.phase`).
  public enum Phase: String, Sendable, Codable, CaseIterable {
    /// A claim has it.
    case bound = "Bound"
    /// Its claim was deleted, the volume is still there.
    case released = "Released"
    /// Nobody has claimed it yet, but a claim is meant to.
    case available = "Available"
    /// It could not be given back.
    case failed = "Failed"
    /// It is being made.
    case pending = "Pending"
  }

  /// The claim's namespace.
  public var namespace: String
  /// The claim's name in it.
  public var name: String
  /// The persistent volume's name in the cluster.
  public var persistentVolume: String
  /// What became of the claim.
  public var phase: Phase
  /// The name under which Proxmox knows the storage; it isn't the volume group's name.
  public var storage: String
  /// The Proxmox node that has the volume; nil if several share the storage.
  public var node: String?
  /// The logical volume's name, without its group; nil if the storage isn't LVM's but one of files.
  public var volume: String?
  /// How large the volume was asked to be.
  public var capacity: ByteCount

  /// Describes a claim.
  public init(
    namespace: String, name: String, persistentVolume: String, phase: Phase, storage: String, node: String?,
    volume: String?, capacity: ByteCount
  ) {
    self.namespace = namespace
    self.name = name
    self.persistentVolume = persistentVolume
    self.phase = phase
    self.storage = storage
    self.node = node
    self.volume = volume
    self.capacity = capacity
  }
}
