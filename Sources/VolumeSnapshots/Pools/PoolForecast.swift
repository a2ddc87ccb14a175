public import BackupModel

/// How full a pool will be when something more is written to it.
public struct PoolForecast: Sendable {
  /// What the kernel's documentation counts for the metadata of a mapped chunk (`thin-provisioning.rst`, "Setting up a fresh pool device").
  private static let metadataBytesOfChunk: Int64 = 48

  private let pool: ThinPool
  private let bytes: ByteCount

  /// Looks ahead.
  ///
  /// - Parameter bytes: how many bytes will be written, in whole chunks of the pool.
  public init(_ pool: ThinPool, writing bytes: ByteCount) {
    self.pool = pool
    self.bytes = bytes
  }

  /// The pool as it will be. What isn't known of it now isn't known then.
  var filled: ThinPool {
    var filled = pool
    let chunks = pool.chunkSize > .zero ? bytes.bytes / pool.chunkSize.bytes : 0
    filled.dataLevel = pool.dataLevel.map { Self.raised($0, by: bytes.bytes, of: pool.size) }
    filled.metadataLevel = pool.metadataLevel.map {
      Self.raised($0, by: chunks * Self.metadataBytesOfChunk, of: pool.metadataSize)
    }
    return filled
  }

  private static func raised(_ level: FillLevel, by bytes: Int64, of whole: ByteCount) -> FillLevel {
    guard whole > .zero else { return level }
    return FillLevel(millionths: level.millionths + Int((Double(bytes) / Double(whole.bytes) * 1_000_000).rounded(.up)))
  }

  /// The error that says why it isn't written: the pool would be as full as no snapshot may find it, or can't be changed at all.
  ///
  /// - Parameter purpose: what is to be done, as in `cannot <purpose>`.
  /// - Returns: nil if there is room.
  public func refusal(limits: PoolLimits, to purpose: String) -> VolumeError? {
    let filled = filled
    switch PoolVerdict(filled, limits: limits) {
    case .usable: return nil
    case .unusable(let trouble):
      return VolumeError(
        .poolUnhealthy, "cannot \(purpose): the pool \(pool.name) \(trouble)", hint: trouble.hint(for: pool.name))
    case .tooFull(let data, let metadata):
      let parts = [
        data.map { "its data would be \($0) full, \(limits.data) is the limit" },
        metadata.map {
          "its metadata would be \($0) full, \(PoolVerdict.metadataLimit(of: pool, limits)) is the limit"
        },
      ].compactMap(\.self)
      let now = pool.dataLevel.map { "its data are \($0) full now, and \(bytes) are to be written" }
      return VolumeError(
        .noSpace, "cannot \(purpose): the pool \(pool.name) has too little room: \(parts.joined(separator: "; "))",
        cause: now,
        hint: data == nil
          ? "run `lvextend --poolmetadatasize +256M \(pool.name)`"
          : "run `backupctl snapshots list` and remove some, or `lvextend -L +10G \(pool.name)`")
    }
  }
}
