/// A remark of a running task, worth showing but not worth keeping.
public enum TaskProgress: Hashable, Sendable {
  /// So much of the whole is done, in a unit that is the body's own; the total may be unknown.
  case amount(completed: UInt64, total: UInt64?)
  /// What the task is at, in a few words.
  case activity(String)
}

/// Whoever keeps or shows the steps of a run: a journal, a progress line, a notifier.
public protocol RunObserver<Subject>: Sendable {
  /// What tasks are applied to.
  associatedtype Subject: TaskSubject

  /// Records steps durably before any of them is performed; the run waits for it.
  ///
  /// Called one at a time, in order, and never in a cancelled Swift task, so a record is not lost to cancellation. The
  /// steps follow from things that happened while the last record was made. Keeping a first part of them only is
  /// harmless: none is performed before all are recorded.
  ///
  /// - Parameters:
  ///   - events: At least one, in the order in which they happen.
  ///   - elapsed: The time since the run started.
  /// - Throws: Anything, to say that the steps couldn't be recorded. Nothing of them is started then, the run is
  ///   cancelled, and no further step is recorded.
  func record(_ events: [RunEvent<Subject>], at elapsed: Duration) async throws

  /// Takes note of a remark; called at any time from any thread, and must return at once.
  func note(_ progress: TaskProgress, of task: TaskID<Subject>)
}

extension RunObserver {
  /// Ignores the remark.
  public func note(_ progress: TaskProgress, of task: TaskID<Subject>) {}
}
