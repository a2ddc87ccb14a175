/// Where a task is between being planned and having ended.
///
/// A task ends exactly once: after one of the last six states it never changes again.
public enum TaskState: Hashable, Sendable {
  /// Waiting for resources, or for the next attempt.
  case waiting
  /// Being attempted, or cleaning up after having been told to stop.
  case running
  /// Done as asked.
  case succeeded
  /// Done, but someone should look at it.
  case degraded
  /// Not done.
  case failed
  /// Never started, because what it builds on isn't there.
  case skipped(because: SkipReason)
  /// Not done because the run was interrupted.
  case cancelled
  /// Not done within its time limit.
  case timedOut

  /// Tells whether the task has ended.
  public var isTerminal: Bool { self != .waiting && self != .running }

  /// Tells whether later jobs may build on the task.
  public var isUsable: Bool { self == .succeeded || self == .degraded }

  /// The state in one word, without the reason of a skip; journals and reports may rely on it.
  public var word: String {
    switch self {
    case .waiting: "waiting"
    case .running: "running"
    case .succeeded: "succeeded"
    case .degraded: "degraded"
    case .failed: "failed"
    case .skipped: "skipped"
    case .cancelled: "cancelled"
    case .timedOut: "timed out"
    }
  }
}
