public import BackupRepository
public import HostSystem

/// What every archive is asked for, whatever its source: where the point goes, with what resources, and what it says of itself.
public struct PointRequest: Sendable {
  /// Where the point goes.
  public var store: SourceStore
  /// Sizes and the compression level.
  public var parameters = WriterParameters()
  /// How many threads hash and compress, and read if the source is a tree.
  public var threads = availableProcessors()
  /// What keeps reading and writing within limits; nil if nothing does.
  public var pacer: Pacer?
  /// A point with less than this share of the previous one's entries or bytes is suspicious.
  public var suspiciousBelow = 0.5
  /// How still the source is held.
  public var consistency = RecoveryPoint.Consistency.live
  /// The volume that is read, if the source is one.
  public var volume: RecoveryPoint.Volume?
  /// The host's name.
  public var host: String
  /// Name and version of the program.
  public var tool: String
  /// Who holds the source's lock, for whoever finds it held.
  public var holder: String

  /// Asks for a point in a store.
  public init(store: SourceStore, host: String, tool: String, holder: String) {
    self.store = store
    self.host = host
    self.tool = tool
    self.holder = holder
  }
}
