/// One thing that isn't as it should be, with what to type next.
public struct Concern: Hashable, Sendable {
  /// What kind of thing.
  public enum Kind: String, Sendable, CaseIterable, Codable {
    /// The last attempt of a source failed.
    case sourceFailing = "source-failing"
    /// A source has no point.
    case sourceNeverRan = "source-never-ran"
    /// A source's newest good point is older than was promised.
    case sourceStale = "source-stale"
    /// A source's last point should be looked at.
    case sourceDegraded = "source-degraded"
    /// What the last drill of a source restored wasn't as it should be.
    case drillFailed = "drill-failed"
    /// Not all of what the last drill of a source restored could be looked at.
    case drillIncomplete = "drill-incomplete"
    /// The last run of a schedule failed or died.
    case scheduleFailed = "schedule-failed"
    /// The last run of a schedule was degraded or interrupted.
    case scheduleDegraded = "schedule-degraded"
    /// A timer didn't start its schedule.
    case scheduleOverdue = "schedule-overdue"
    /// A pause holds for long.
    case pausedTooLong = "paused-too-long"
    /// The repository's disk will soon be full.
    case diskFilling = "disk-filling"
    /// The repository's disk isn't there.
    case repositoryMissing = "repository-missing"
    /// Something is neither protected nor excluded.
    case uncovered
    /// Something couldn't be looked at, so that it isn't known whether it is protected.
    case unseen
  }

  /// What kind of thing.
  public let kind: Kind
  /// Which one: a source, a schedule, or the name of what is uncovered; empty for the host as a whole.
  public let subject: String
  /// How bad it is.
  public let severity: HostVerdict
  /// One sentence without a full stop that names the subject.
  public let text: String
  /// A command that leads further.
  public let hint: String

  /// Makes a concern.
  public init(kind: Kind, subject: String, severity: HostVerdict, text: String, hint: String) {
    self.kind = kind
    self.subject = subject
    self.severity = severity
    self.text = text
    self.hint = hint
  }
}
