import Testing

@testable import BackupReporting

@Suite struct AnnouncementRuleTests {
  struct Case: Sendable {
    let previous: NotificationState?
    let new: NotificationState
    /// What is announced, and what then is remembered, with degraded counting as ok.
    let plain: (Announcement?, NotificationState)
    /// The same with degraded as a state of its own.
    let withDegraded: (Announcement?, NotificationState)

    init(
      _ previous: NotificationState?, _ new: NotificationState, _ plain: (Announcement?, NotificationState),
      _ withDegraded: (Announcement?, NotificationState)
    ) { (self.previous, self.new, self.plain, self.withDegraded) = (previous, new, plain, withDegraded) }
  }

  static let cases = [
    Case(nil, .ok, (nil, .ok), (nil, .ok)),
    Case(nil, .degraded, (nil, .ok), (.degraded, .degraded)),
    Case(nil, .failed, (.failed, .failed), (.failed, .failed)),
    Case(.ok, .ok, (nil, .ok), (nil, .ok)),
    Case(.ok, .degraded, (nil, .ok), (.degraded, .degraded)),
    Case(.ok, .failed, (.failed, .failed), (.failed, .failed)),
    Case(.degraded, .ok, (nil, .ok), (.recovered, .ok)),
    Case(.degraded, .degraded, (nil, .ok), (nil, .degraded)),
    Case(.degraded, .failed, (.failed, .failed), (.failed, .failed)),
    Case(.failed, .ok, (.recovered, .ok), (.recovered, .ok)),
    Case(.failed, .degraded, (.recovered, .ok), (.degraded, .degraded)),
    Case(.failed, .failed, (nil, .failed), (nil, .failed)),
  ]

  @Test(arguments: cases)
  func announcesChangesOnly(wanted: Case) {
    let plain = AnnouncementRule().decide(previous: wanted.previous, new: wanted.new)
    #expect(plain == wanted.plain)
    let all = AnnouncementRule(announcesDegraded: true).decide(previous: wanted.previous, new: wanted.new)
    #expect(all == wanted.withDegraded)
  }

  @Test(arguments: [false, true], NotificationState.allCases)
  func announcesAStateThatStaysOnlyOnce(announcesDegraded: Bool, state: NotificationState) {
    let rule = AnnouncementRule(announcesDegraded: announcesDegraded)
    let first = rule.decide(previous: nil, new: state)
    #expect(rule.decide(previous: first.remembered, new: state).announcement == nil)
  }

  @Test(arguments: [
    (HostVerdict.ok, NotificationState.ok), (.degraded, .degraded), (.failed, .failed), (.objectiveMissed, .failed),
  ])
  func countsAMissedObjectiveAsFailed(verdict: HostVerdict, state: NotificationState) {
    #expect(NotificationState(verdict) == state)
  }

  static let runs: [(ScheduleRunState, NotificationState?)] = [
    (.ok, .ok), (.degraded, .degraded), (.failed, .failed), (.died, .failed), (.running, nil), (.interrupted, nil),
  ]

  @Test(arguments: runs)
  func learnsNothingFromARunThatWasInterrupted(run: ScheduleRunState, state: NotificationState?) {
    #expect(NotificationState(run) == state)
  }
}
