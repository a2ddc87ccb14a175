/// Where a job is; once its tasks are known, this follows from theirs.
public enum JobState: Hashable, Sendable {
  /// Waiting for the jobs it needs.
  case waiting
  /// Finding out which tasks it has.
  case expanding
  /// At least one task hasn't ended.
  case running
  /// Each task succeeded, or there was none.
  case succeeded
  /// Nothing failed, but a task was degraded, or something that the job builds on is missing.
  case degraded
  /// A task failed or timed out, or the job couldn't find out which tasks it has.
  case failed
  /// Never expanded.
  case skipped(because: SkipReason)
  /// The run was interrupted before the job had ended.
  case cancelled

  /// Tells whether the job has ended.
  public var isTerminal: Bool {
    switch self {
    case .waiting, .expanding, .running: false
    case .succeeded, .degraded, .failed, .skipped, .cancelled: true
    }
  }

  /// Tells whether the job did all it should; degraded counts as success.
  public var isSuccess: Bool { self == .succeeded || self == .degraded }

  /// Tells whether the job failed, or was skipped because one before it had failed.
  public var stemsFromFailure: Bool {
    switch self {
    case .failed: true
    case .skipped(let reason): reason.failedJob != nil
    default: false
    }
  }

  /// Tells whether the job ended without having done all it should, though nothing failed: never to pass in silence.
  public var isIncomplete: Bool {
    switch self {
    case .degraded: true
    case .skipped(let reason): reason.stemsFromRunBudget
    default: false
    }
  }

  /// The state in one word, without the reason of a skip; journals and reports may rely on it.
  public var word: String {
    switch self {
    case .waiting: "waiting"
    case .expanding: "expanding"
    case .running: "running"
    case .succeeded: "succeeded"
    case .degraded: "degraded"
    case .failed: "failed"
    case .skipped: "skipped"
    case .cancelled: "cancelled"
    }
  }
}
