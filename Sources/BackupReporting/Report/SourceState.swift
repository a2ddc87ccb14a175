/// What a source is like; exactly one holds at a time, the first in this order whose rule matches.
///
/// 1. ``failing``: the last attempt failed, didn't end in time, or died.
/// 2. ``neverRan``: there is no point, good or suspicious.
/// 3. ``stale``: the newest good point is older than the maximum age; without one, the time since the declaration is.
/// 4. ``degraded``: the newest point is suspicious, the last attempt was degraded, gave warnings or was interrupted,
///    or the newest good point is dated in the future, so that its age can't be told.
/// 5. ``ok``.
///
/// A pause isn't a state: it explains why an objective is missed but doesn't make the data younger.
public enum SourceState: String, Sendable, CaseIterable, Codable {
  /// As it should be.
  case ok
  /// There is a good point, but someone should look at the source.
  case degraded
  /// The newest good point is older than was promised.
  case stale
  /// Nothing was ever stored.
  case neverRan = "never-ran"
  /// The last attempt failed.
  case failing
}
