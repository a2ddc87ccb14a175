/// A volume that is live and one that is to take its place, by their names and UUIDs.
///
/// Which of the two is live is told by the UUIDs, noted before the first step: none of the steps of an exchange needs a note of its own.
public struct VolumeSwap: Hashable, Sendable, Codable {
  /// Which of the two is live.
  public enum Side: Hashable, Sendable {
    /// What was there before.
    case old
    /// What was restored.
    case new
    /// Neither: an exchange was cut off in its midst. Both are there, and going on either way finishes it.
    case between
    /// Something else has one of the names.
    case unknown
  }

  /// The name that the service uses.
  public var live: VolumeName
  /// The name under which the restored volume is made.
  public var beside: VolumeName
  /// The name that what was live before gets.
  public var kept: VolumeName
  /// The UUID of what was live before; nil if there was nothing.
  public var old: String?
  /// The UUID of what was restored; nil until it is complete.
  public var new: String?
  /// The tags that the service's volume has.
  public var tags: [String]

  /// Describes an exchange.
  public init(live: VolumeName, beside: VolumeName, kept: VolumeName, old: String?, new: String?, tags: [String]) {
    self.live = live
    self.beside = beside
    self.kept = kept
    self.old = old
    self.new = new
    self.tags = tags
  }

  /// Which of the two is live, by the UUIDs that the names have now.
  public func side(live: String?, beside: String?, kept: String?) -> Side {
    guard let new else { return .unknown }
    switch (live, beside, kept) {
    case (old, new, nil): return .old
    case (new, nil, old): return .new
    case (nil, new, old): return .between
    default: return .unknown
    }
  }
}
