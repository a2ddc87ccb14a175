/// What is announced when a state changes.
public enum Announcement: String, Sendable, CaseIterable, Codable {
  /// It is failed now.
  case failed
  /// It is degraded now.
  case degraded
  /// It is ok again.
  case recovered
}

/// Decides what is announced: changes only, never each run.
public struct AnnouncementRule: Hashable, Sendable {
  /// Whether degraded is a state of its own; otherwise it counts as ok.
  public let announcesDegraded: Bool

  /// Makes a rule.
  public init(announcesDegraded: Bool = false) { self.announcesDegraded = announcesDegraded }

  /// Decides.
  ///
  /// - Parameters:
  ///   - previous: the state that was remembered; nil if none was, which counts as ok.
  ///   - new: the state now.
  /// - Returns: what is to be announced, if anything, and the state to remember. If there is something to announce it
  ///   is remembered only once a target has taken it, so that what reached nobody is tried again next time.
  public func decide(
    previous: NotificationState?, new: NotificationState
  ) -> (announcement: Announcement?, remembered: NotificationState) {
    let before = counted(previous ?? .ok)
    let after = counted(new)
    guard before != after else { return (nil, after) }
    switch after {
    case .ok: return (.recovered, after)
    case .degraded: return (.degraded, after)
    case .failed: return (.failed, after)
    }
  }

  private func counted(_ state: NotificationState) -> NotificationState {
    state == .degraded && !announcesDegraded ? .ok : state
  }
}
