public import BackupModel

/// One announcement, in the form that every target renders in its own way.
public struct NotificationMessage: Hashable, Sendable {
  /// What is announced.
  public let announcement: Announcement
  /// The schedule it is about; nil for the host as a whole.
  public let schedule: String?
  /// The host's name.
  public let host: String
  /// When it was found.
  public let time: Timestamp
  /// The state now.
  public let state: NotificationState
  /// The state before; nil if none was remembered.
  public let previous: NotificationState?
  /// What isn't as it should be, the worst first.
  public let concerns: [Concern]

  /// Makes an announcement about a host, or about one of its schedules.
  public init(
    _ announcement: Announcement, state: NotificationState, previous: NotificationState?, schedule: String? = nil,
    report: HostReport
  ) {
    self.announcement = announcement
    self.schedule = schedule
    self.state = state
    self.previous = previous
    host = report.host
    time = report.now
    concerns = report.concerns
  }

  /// One line: `backupctl on pve1: weekly failed`.
  public var title: String {
    let what = schedule ?? "backups"
    let verb =
      switch announcement {
      case .failed: schedule == nil ? "need help" : "failed"
      case .degraded: schedule == nil ? "are degraded" : "was degraded"
      case .recovered: schedule == nil ? "are well again" : "is well again"
      }
    return "backupctl on \(host): \(what) \(verb)"
  }

  /// How many concerns a text shows.
  private static let shownConcerns = 20

  /// The concerns with their hints, a few lines of plain text.
  public var text: String {
    var lines = ["\(title) at \(time)."]
    if !concerns.isEmpty { lines.append("") }
    for concern in concerns.prefix(Self.shownConcerns) { lines += ["- \(concern.text)", "  hint: \(concern.hint)"] }
    if concerns.count > Self.shownConcerns {
      lines.append("- and \(concerns.count - Self.shownConcerns) more; hint: backupctl status")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
