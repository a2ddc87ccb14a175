/// Two things that change places: what is at a path of the live tree, and what was restored for it.
///
/// Which of the two is where is told by the inode numbers that were noted before, so it needs no note of its own: each
/// exchange is one system call, and after a crash it either happened or didn't.
public struct RestoreExchange: Hashable, Sendable, Codable {
  /// The path in the tree; empty for the tree itself.
  public var path: JournaledPath
  /// The inode of what was live; nil if nothing was.
  public var old: UInt64?
  /// The inode of what was restored; nil if nothing was, so that what was live is only moved away.
  public var new: UInt64?

  /// Which of the two is live.
  public enum Side: Hashable, Sendable {
    case old, new
    /// Something else is in one of the two places.
    case unknown
  }

  /// Which of the two is live, by the inodes that are found in both places.
  func side(live: UInt64?, beside: UInt64?) -> Side {
    if live == old, beside == new { return .old }
    if live == new, beside == old { return .new }
    return .unknown
  }
}
