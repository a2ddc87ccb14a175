/// The place of a task among those that could start: stalest first, then longest, then as declared.
///
/// Stalest first, so that a run that is cut short every time still reaches everything in turn; longest first, so
/// that the long one doesn't start last and run alone.
struct StartOrder: Comparable, Hashable, Sendable {
  /// Nil means never done, which comes before any age.
  let staleness: Duration?
  let expectedDuration: Duration
  let job: Int
  let task: Int

  init<Subject>(of plan: PlannedTask<Subject>, job: Int, task: Int) {
    staleness = plan.staleness
    expectedDuration = plan.expectedDuration ?? .zero
    self.job = job
    self.task = task
  }

  static func < (left: Self, right: Self) -> Bool {
    if left.staleness != right.staleness {
      guard let leftAge = left.staleness else { return true }
      guard let rightAge = right.staleness else { return false }
      return leftAge > rightAge
    }
    if left.expectedDuration != right.expectedDuration { return left.expectedDuration > right.expectedDuration }
    return (left.job, left.task) < (right.job, right.task)
  }
}
