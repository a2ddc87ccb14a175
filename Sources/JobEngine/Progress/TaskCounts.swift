/// How many tasks of a run are where.
///
/// Each known task counts once. Tasks are known once their job has found them.
public struct TaskCounts: Hashable, Sendable {
  /// Waiting for resources, or for the next attempt.
  public internal(set) var waiting = 0
  /// Being attempted, or cleaning up.
  public internal(set) var running = 0
  /// Done as asked, by this run or by the one it resumes.
  public internal(set) var succeeded = 0
  /// Done, but someone should look at it; by this run or by the one it resumes.
  public internal(set) var degraded = 0
  /// Failed or timed out.
  public internal(set) var failed = 0
  /// Never started: what they build on isn't there, or the run's budget was used up.
  public internal(set) var skipped = 0
  /// Not done because the run was interrupted.
  public internal(set) var cancelled = 0
  /// How many of the succeeded and degraded ones the resumed run had done.
  public internal(set) var reused = 0

  /// No task at all.
  public init() {}

  /// Those that are done and usable.
  public var done: Int { succeeded + degraded }

  /// Those that will not change any more.
  public var ended: Int { done + failed + skipped + cancelled }

  /// All that are known so far.
  public var known: Int { waiting + running + ended }

  mutating func countEnd(_ state: TaskState) {
    switch state {
    case .succeeded: succeeded += 1
    case .degraded: degraded += 1
    case .failed, .timedOut: failed += 1
    case .skipped: skipped += 1
    case .cancelled: cancelled += 1
    case .waiting, .running: break
    }
  }
}
