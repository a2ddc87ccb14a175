public import BackupModel
import BackupRepository

/// What a restore would do.
public struct RestorePlan: Sendable {
  /// What the target is now.
  public enum Target: String, Sendable, Encodable {
    /// It isn't there and will be made.
    case missing
    /// It is an empty directory.
    case empty
    /// It holds an interrupted restore of the same, which goes on.
    case unfinished
    /// It holds other things; files that differ will be overwritten.
    case overwritten
  }

  /// Entries of all kinds.
  public var entries = 0
  /// Regular files, each inode counted once.
  public var files = 0
  /// Directories.
  public var directories = 0
  /// Bytes of content, holes left out.
  public var bytes: Int64 = 0
  /// What the target is now.
  public var target = Target.missing
  /// Free bytes of the target's file system; nil if it can't be asked.
  public var available: ByteCount?

  /// Whether the content may not fit.
  public var mayNotFit: Bool {
    target != .overwritten && target != .unfinished && available.map { $0.bytes < bytes } ?? false
  }

  init() {}

  mutating func count(_ entry: IndexEntry) {
    entries += 1
    switch entry.kind {
    case .file where entry.hardLinkTarget == nil:
      files += 1
      bytes += entry.dataBytes
    case .directory: directories += 1
    default: break
    }
  }
}
