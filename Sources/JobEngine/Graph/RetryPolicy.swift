/// How often a task is attempted and how long the engine waits between attempts.
///
/// Only failures that a body marks transient are attempted again. The wait before attempt *n* (n ≥ 2) is
/// `backoff × 2^(n − 2)`, never longer than `longestBackoff`. There is no random part: within one process
/// resources already keep tasks apart, and a machine without chance can be tested exhaustively.
public struct RetryPolicy: Hashable, Sendable {
  /// A task's attempts in all; 1 means that nothing is tried again.
  public let attempts: Int
  /// The wait before the second attempt.
  public let backoff: Duration
  /// The bound that doubling never passes.
  public let longestBackoff: Duration

  /// One attempt, no retry.
  public static let never = RetryPolicy(attempts: 1, backoff: .zero)

  /// Makes a policy; `JobGraph` refuses one with fewer than one attempt or a negative wait.
  public init(attempts: Int, backoff: Duration, longestBackoff: Duration = .seconds(3600)) {
    self.attempts = attempts
    self.backoff = backoff
    self.longestBackoff = longestBackoff
  }

  /// The wait before the given attempt: zero for the first.
  public func wait(beforeAttempt attempt: Int) -> Duration {
    guard attempt >= 2 else { return .zero }
    var wait = min(backoff, longestBackoff)
    var doublings = attempt - 2
    while doublings > 0, wait > .zero, wait < longestBackoff {
      // Doubling at most up to the bound can't overflow, however many attempts there are.
      wait = wait > longestBackoff / 2 ? longestBackoff : wait * 2
      doublings -= 1
    }
    return wait
  }
}
