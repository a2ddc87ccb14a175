public import BackupModel

/// A thin volume that a selection may mean.
public struct VolumeCandidate: Hashable, Sendable {
  /// The volume group.
  public var group: String
  /// The thin pool, without its group.
  public var pool: String
  /// The volume, without its group.
  public var name: String
  /// Its virtual size.
  public var size: ByteCount
  /// Its claim; nil if it has none, or claims aren't known.
  public var claim: ClaimName?
  /// Whether it is a snapshot that this program made.
  public var isOwnSnapshot: Bool

  /// Describes a volume.
  public init(
    group: String, pool: String, name: String, size: ByteCount, claim: ClaimName? = nil, isOwnSnapshot: Bool = false
  ) {
    self.group = group
    self.pool = pool
    self.name = name
    self.size = size
    self.claim = claim
    self.isOwnSnapshot = isOwnSnapshot
  }

  /// The source that archives it is, `volume/GROUP/VOLUME`.
  ///
  /// LVM's names are names of sources but for a few that a store uses itself, such as `lock`; those are escaped.
  public var source: SourceID? {
    SourceID(kind: .volume, name: "\(SourceID.escaping(Array(group.utf8)))/\(SourceID.escaping(Array(name.utf8)))")
  }
}
