public import BackupModel
public import BackupRepository
public import VolumeSnapshots

/// The volume whose place a restore in place takes, examined without changing anything.
public struct LiveVolume: Sendable, Hashable {
  /// Its name.
  public let name: VolumeName
  /// Its UUID; nil if there is none now.
  public let uuid: String?
  /// Its size; nil if there is none now.
  public let size: ByteCount?
  /// Its tags.
  public let tags: [String]
  /// The pool in which the restored one is made.
  public let pool: VolumeName
  /// Free bytes of the pool.
  public let available: ByteCount
  /// Whether its device is open now.
  public let isOpen: Bool
  /// The claim that it belongs to; nil if none is known.
  public let claim: ClaimInUse?
  /// What is stopped meanwhile.
  public let workloads: [Workload]

  /// Looks at the volume that a point is of.
  ///
  /// - Parameters:
  ///   - volume: which one, by a point of it.
  ///   - claims: the claims of the cluster.
  /// - Throws: ``EngineError`` `targetUnusable` if it can't be replaced; `VolumeError` if the pool isn't there, or if something
  ///   uses it that can't be stopped.
  public init(
    of volume: RecoveryPoint.Volume, in inventory: VolumeInventory, claims: KnownClaims, use: VolumeUse
  ) async throws {
    func refusal(_ why: String, _ hint: String) -> EngineError {
      EngineError(
        .targetUnusable, "cannot restore the volume \(volume.group)/\(volume.name) in place: \(why)", hint: hint)
    }
    guard let name = VolumeName(group: volume.group, volume: volume.name) else {
      throw refusal("LVM allows no such name", "restore it with --to-volume GROUP/NEW")
    }
    let found = inventory.volumeIfAny(name)
    if found == nil, inventory.takenNames.contains(name) {
      throw refusal("there is a volume of another kind under its name", "look at it: `lvs -o +segtype \(name)`")
    }
    if let found, SnapshotTags(found.tags) != nil {
      throw refusal("what is there under its name is of backupctl's own", "look at it: `lvs -o +lv_tags \(name)`")
    }
    guard let pool = found?.pool ?? volume.snapshot.flatMap({ name.sibling($0.pool) }) else {
      throw refusal("the point doesn't say in which pool it was", "restore it with --to-volume \(name) --pool POOL")
    }
    let level = try inventory.pool(pool)
    self.name = name
    self.pool = pool
    (uuid, size, tags, isOpen) = (found?.uuid, found?.size, found?.tags ?? [], found?.isOpen ?? false)
    let filled = Double(level.dataLevel?.millionths ?? 0) / 1_000_000
    available = ByteCount(Int64(Double(level.size.bytes) * (1 - filled)))
    claim = claims.inventory?.byVolume[name.volume].map(ClaimInUse.init(_:))
    workloads = try await use.workloads(of: claim.map { [$0] } ?? [])
  }
}

extension RecoveryPoint.Volume {
  /// Why an image of this can't be put in the place of its volume; nil if it can.
  ///
  /// - Returns: the reason, and what can be done instead.
  public func reasonNotInPlace(_ source: SourceID) -> (why: String, hint: String)? {
    if mode == .files {
      return (
        "its point holds files, no image",
        "restore them with `backupctl restore \(source) --to DIR` and copy what is needed into the mounted volume"
      )
    }
    if encryption == .opened {
      return (
        "the point holds what the volume decrypts to: in its place it would be encrypted no more",
        "restore it with --to-file, open the volume with `cryptsetup open`, and write the image there"
      )
    }
    return nil
  }
}
