/// Why a running task, or the expansion of a job, was told to stop.
public enum StopCause: Hashable, Sendable, CustomStringConvertible {
  /// One attempt took longer than the job allows.
  case timeLimit(Duration)
  /// All attempts together took longer than the job allows.
  case budget(Duration)
  /// The run was interrupted.
  case interruption

  /// The cause as a clause that starts with what went wrong.
  public var description: String {
    switch self {
    case .timeLimit(let limit): "exceeded its time limit of \(limit.text)"
    case .budget(let limit): "exceeded the \(limit.text) allowed for all attempts together"
    case .interruption: "the run was interrupted"
    }
  }
}
