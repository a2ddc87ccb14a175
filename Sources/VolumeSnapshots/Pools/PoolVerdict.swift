import BackupModel

/// Whether a snapshot can be made in a pool.
public enum PoolVerdict: Hashable, Sendable {
  /// Nothing speaks against it.
  case usable
  /// It is too full; removing snapshots may help. Nil for what is below its limit.
  case tooFull(data: FillLevel?, metadata: FillLevel?)
  /// It can't be changed at all, whatever its space.
  case unusable(PoolTrouble)

  /// Judges a pool. What can't be repaired by removing snapshots comes before what can.
  public init(_ pool: ThinPool, limits: PoolLimits) {
    if let trouble = PoolTrouble(pool) {
      self = .unusable(trouble)
      return
    }
    guard let data = pool.dataLevel, let metadata = pool.metadataLevel else {
      self = .unusable(.levelUnknown)
      return
    }
    let fullData = data >= limits.data || pool.health == .outOfData ? data : nil
    let fullMetadata = metadata >= Self.metadataLimit(of: pool, limits) ? metadata : nil
    self = fullData == nil && fullMetadata == nil ? .usable : .tooFull(data: fullData, metadata: fullMetadata)
  }

  /// The level of metadata at which no snapshot is made: ours, or that of LVM if it is lower.
  ///
  /// LVM wants 4 MiB or a quarter to be free, whichever is less (lvm2, `pool_metadata_min_threshold`).
  static func metadataLimit(of pool: ThinPool, _ limits: PoolLimits) -> FillLevel {
    guard pool.metadataSize > .zero else { return limits.metadata }
    let free = min(250_000, ByteCount.mebibytes(4).bytes * 1_000_000 / pool.metadataSize.bytes)
    return min(limits.metadata, FillLevel(millionths: 1_000_000 - Int(free)))
  }

  /// The error that says why a snapshot of a volume isn't made.
  ///
  /// - Parameter removed: how many snapshots of ours were removed already to make room.
  /// - Returns: nil for a usable pool.
  public func refusal(of volume: VolumeName, in pool: ThinPool, limits: PoolLimits, removed: Int) -> VolumeError? {
    let start = "cannot take a snapshot of \(volume): the pool \(pool.name)"
    switch self {
    case .usable: return nil
    case .unusable(let trouble):
      return VolumeError(.poolUnhealthy, "\(start) \(trouble)", hint: trouble.hint(for: pool.name))
    case .tooFull(let data, let metadata):
      let parts = [
        data.map { "its data are \($0) full, \(limits.data) is the limit" },
        metadata.map { "its metadata are \($0) full, \(Self.metadataLimit(of: pool, limits)) is the limit" },
      ].compactMap(\.self)
      let tried =
        removed == 0
        ? "no snapshot of ours could be removed to make room" : "removing \(removed) snapshots of ours was not enough"
      return VolumeError(
        .noSpace, "\(start) is too full: \(parts.joined(separator: "; "))", cause: tried,
        hint: data == nil
          ? "run `lvextend --poolmetadatasize +256M \(pool.name)`"
          : "run `backupctl snapshots list` and remove some, or `lvextend -L +10G \(pool.name)`")
    }
  }
}
