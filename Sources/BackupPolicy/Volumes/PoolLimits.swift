/// How full a thin pool may be before no further snapshot is made in it.
///
/// Above either limit own snapshots are pruned first; if that doesn't help, none is made, and the run says so.
public struct PoolLimits: Hashable, Sendable {
  /// Which share of the pool's data may be used.
  public var data: Percentage
  /// Which share of the pool's metadata may be used; a pool whose metadata are full turns read-only at once.
  public var metadata: Percentage

  /// Makes limits; without arguments 90 % of the data and 80 % of the metadata.
  public init(data: Percentage = Percentage(percent: 90), metadata: Percentage = Percentage(percent: 80)) {
    self.data = data
    self.metadata = metadata
  }

  /// Reads the mapping `pool-limits`.
  init(_ node: DocumentNode) throws(PolicyError) {
    self.init()
    let mapping = try node.mapping(allowing: ["data", "metadata"])
    let range = Percentage(percent: 1)...Percentage(percent: 99)
    data = try mapping["data"]?.percentage(in: range) ?? data
    metadata = try mapping["metadata"]?.percentage(in: range) ?? metadata
  }
}
