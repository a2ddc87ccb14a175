import JobEngine
import Testing

@Suite struct RetryPolicyTests {
  @Test(arguments: [(1, 0), (2, 10), (3, 20), (4, 40), (5, 60), (6, 60), (1000, 60)])
  func doublesTheWaitUpToItsBound(attempt: Int, seconds: Int) {
    let policy = RetryPolicy(attempts: 1000, backoff: .seconds(10), longestBackoff: .seconds(60))
    #expect(policy.wait(beforeAttempt: attempt) == .seconds(seconds))
  }

  @Test func waitsNoLongerThanTheBoundEvenBeforeTheSecondAttempt() {
    let policy = RetryPolicy(attempts: 2, backoff: .seconds(90), longestBackoff: .seconds(60))
    #expect(policy.wait(beforeAttempt: 2) == .seconds(60))
  }

  @Test func neverOverflowsHoweverManyAttemptsThereAre() {
    let policy = RetryPolicy(attempts: .max, backoff: .seconds(1), longestBackoff: .seconds(Int64.max))
    #expect(policy.wait(beforeAttempt: .max) == .seconds(Int64.max))
  }

  @Test func keepsAWaitOfZeroAtZero() {
    #expect(RetryPolicy(attempts: .max, backoff: .zero).wait(beforeAttempt: .max) == .zero)
  }
}
