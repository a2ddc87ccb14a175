public import HostSystem

/// What a restore did.
public struct RestoreReport: Sendable {
  /// An entry that isn't as the point has it.
  public struct FailedItem: Sendable, Hashable {
    /// The path in the point.
    public var path: PathBytes
    /// What went wrong, for people.
    public var reason: String
    /// Whether stored data is damaged; otherwise the target was at fault.
    public var isDamage: Bool
  }

  /// The most failed items that a report lists.
  public static let mostFailures = 1000

  /// Entries of all kinds that were looked at, failed ones included.
  public var entries = 0
  /// Regular files that are in place now, each inode counted once.
  public var files = 0
  /// Directories that are in place now.
  public var directories = 0
  /// Symbolic links that are in place now.
  public var symbolicLinks = 0
  /// Further names of files that are in place now.
  public var hardLinks = 0
  /// Devices, FIFOs and sockets that are in place now.
  public var specialFiles = 0
  /// Entries, directories left out, that were there already with the right content.
  public var unchanged = 0
  /// Names in the target that the point doesn't have; they were left alone.
  public var kept = 0
  /// Bytes of content that are in place now, holes left out.
  public var bytes: Int64 = 0
  /// Bytes written; less than `bytes` if something was there already.
  public var writtenBytes: Int64 = 0
  /// Entries whose owner, or attributes that only root may set, could not be set.
  public var notPermitted = 0
  /// Whether an interrupted restore was continued.
  public var isContinued = false
  /// The first failed items.
  public var failures: [FailedItem] = []
  /// How many items failed.
  public var failureCount = 0
  /// How many of them failed because stored data is damaged.
  public var damageCount = 0
  /// What the comparison afterwards found; nil if none was asked for.
  public var comparison: ComparisonReport?
  /// How long it took, the comparison left out.
  public var seconds = 0.0

  /// Nothing restored yet.
  public init() {}

  /// Content put in place per second, in bytes.
  public var bytesPerSecond: Int64 { seconds > 0 ? Int64(Double(bytes) / seconds) : 0 }
  /// Whether every entry is as the point has it, as far as is known.
  public var isComplete: Bool { failureCount == 0 && (comparison?.differenceCount ?? 0) == 0 }
}
