/// The state of a job or task, in the words of the journal.
public enum RecordedState: String, Sendable, CaseIterable, Codable {
  /// Not begun.
  case waiting
  /// Of a job: being asked for its tasks.
  case expanding
  /// Begun.
  case running
  /// Done as asked.
  case succeeded
  /// Done, but someone should look at it.
  case degraded
  /// Not done.
  case failed
  /// Never started.
  case skipped
  /// Not done because the run was interrupted.
  case cancelled
  /// Not done within its time limit.
  case timedOut = "timed out"
  /// Running when the process ended without a word.
  case died

  /// Whether later jobs, and a run that resumes, may build on it.
  public var isUsable: Bool { self == .succeeded || self == .degraded }
  /// Whether it will not change any more.
  public var isFinal: Bool { ![.waiting, .expanding, .running].contains(self) }
}
