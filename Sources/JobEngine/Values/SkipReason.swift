/// Why a job or task was never started.
public indirect enum SkipReason: Hashable, Sendable, CustomStringConvertible {
  /// A job that it needs failed.
  case needFailed(job: String)
  /// A job that it needs was itself skipped.
  case needSkipped(job: String, because: SkipReason)
  /// It runs only after a failure, and there was none.
  case nothingFailed
  /// The run had used up its budget before it could start.
  case runBudget(Duration)

  /// The job whose failure stands at the start of the chain, if it was a failure.
  public var failedJob: String? {
    switch self {
    case .needFailed(let job): job
    case .needSkipped(_, let reason): reason.failedJob
    case .nothingFailed, .runBudget: nil
    }
  }

  /// Tells whether the run's budget stands at the start of the chain: the work is still to be done.
  public var stemsFromRunBudget: Bool {
    switch self {
    case .runBudget: true
    case .needSkipped(_, let reason): reason.stemsFromRunBudget
    case .needFailed, .nothingFailed: false
    }
  }

  /// The reason as a clause, as in `verify was skipped because archive failed`.
  public var description: String {
    switch self {
    case .needFailed(let job): "\(job) failed"
    case .needSkipped(let job, let reason): "\(job) was skipped because \(reason)"
    case .nothingFailed: "nothing failed"
    case .runBudget(let limit): "the run used up its budget of \(limit.text)"
    }
  }
}
