/// How full a pool may be before no new snapshot is made in it.
public struct PoolLimits: Hashable, Sendable {
  /// The level of the data at which it is too full.
  public var data: FillLevel
  /// The level of the metadata at which it is too full.
  public var metadata: FillLevel

  /// Makes limits; by default 90 % of the data and 80 % of the metadata.
  public init(data: FillLevel = FillLevel(percent: 90), metadata: FillLevel = FillLevel(percent: 80)) {
    self.data = data
    self.metadata = metadata
  }
}
