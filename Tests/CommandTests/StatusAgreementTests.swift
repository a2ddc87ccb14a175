import BackupModel
import BackupReporting
import Foundation
import Synchronization
import Testing

@testable import BackupCommands

/// The screen, its JSON, the exit code and the metrics say the same of every state that there is.
@Suite struct StatusAgreementTests {
  private static let now = Timestamp(CalendarTime(year: 2026, month: 11, day: 22, hour: 6))

  private static func daysAgo(_ days: Int64) -> Timestamp { now.adding(seconds: -days * 86_400) }

  /// A source of which such things are known that it is in that state.
  private static func source(_ state: SourceState, _ name: String = "tree/nfs/immich") throws -> SourceObservation {
    var source = SourceObservation(
      id: try #require(SourceID(parsing: name)), declared: daysAgo(1), maximumAge: .seconds(8 * 86_400),
      newestGoodPoint: daysAgo(1),
      lastAttempt: AttemptObservation(begun: daysAgo(1), outcome: .succeeded, duration: .seconds(60)))
    switch state {
    case .ok: break
    case .degraded: source.isSuspicious = true
    case .stale: source.newestGoodPoint = daysAgo(9)
    case .neverRan: (source.newestGoodPoint, source.lastAttempt) = (nil, nil)
    case .failing: source.lastAttempt?.outcome = .timedOut
    }
    return source
  }

  private static func schedule(_ state: ScheduleState, _ name: String = "weekly") -> ScheduleObservation {
    let run: ScheduleRunState? =
      switch state {
      case .ok: .ok
      case .degraded: .degraded
      case .failed: .failed
      case .interrupted: .interrupted
      case .died: .died
      case .running: .running
      case .neverRan: nil
      }
    return ScheduleObservation(name: name, lastRun: run.map { ScheduleRunObservation(state: $0, begun: daysAgo(1)) })
  }

  private static func report(
    _ sources: [SourceObservation] = [], _ schedules: [ScheduleObservation] = []
  ) -> HostReport {
    HostReport(
      HostObservation(
        now: now, host: "pve1", version: "1.2.3", sources: sources, schedules: schedules,
        repository: RepositoryObservation(freeBytes: .gibibytes(100), totalBytes: .gibibytes(1024), growth: []),
        excludedCount: 0))
  }

  // MARK: - What each says

  private func screen(_ report: HostReport) -> [String] {
    let captured = Mutex<[UInt8]>([])
    let output = CommandOutput(isImmediate: false) { bytes in
      captured.withLock { $0 += bytes }
      return true
    }
    StatusScreen(report).print(to: output)
    output.flush()
    return String(decoding: captured.withLock { $0 }, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// The second word of the line that begins with a name.
  private func shown(_ name: String, _ screen: [String]) -> String? {
    let words = screen.map { $0.split(separator: " ").map(String.init) }
    return words.first { $0.first == name && $0.count > 2 }?[1]
  }

  /// The state of which the metric is 1; nil unless that is exactly one.
  private func measured(_ metric: Metric, of name: [String], _ report: HostReport) -> String? {
    let holding = report.metricSamples.filter {
      $0.metric == metric && $0.labelValues.dropLast() == name[...] && $0.value == .integer(1)
    }
    return holding.count == 1 ? holding[0].labelValues.last : nil
  }

  private func expectAgreement(_ report: HostReport) throws {
    let screen = screen(report)
    let text = try JSONText.encode(StatusDocument(report))
    let document = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    func states(_ kind: String, _ plural: String) throws -> [String: String] {
      let rows = try #require(document[plural] as? [[String: Any]])
      return Dictionary(uniqueKeysWithValues: rows.map { ($0[kind] as? String ?? "", $0["state"] as? String ?? "") })
    }
    let verdict = report.verdict.word
    #expect(document["verdict"] as? String == verdict)
    #expect(screen.first == "pve1: \(verdict)")
    #expect(measured(.hostState, of: [], report) == verdict)
    #expect(document["exitStatus"] as? Int32 == ExitStatus(report.verdict).rawValue)
    #expect((document["concerns"] as? [Any])?.count == screen.count { $0.hasPrefix("    hint: ") })
    let sources = try states("source", "sources")
    #expect(sources.count == report.sources.count)
    for (name, state) in sources {
      #expect(shown(name, screen) == state)
      #expect(measured(.sourceState, of: [name], report) == state)
    }
    let schedules = try states("schedule", "schedules")
    #expect(schedules.count == report.schedules.count)
    for (name, state) in schedules {
      #expect(shown(name, screen) == state)
      #expect(measured(.scheduleState, of: [name], report) == state)
    }
  }

  // MARK: - Every state

  @Test(arguments: SourceState.allCases)
  func agreeOnEveryStateOfASource(state: SourceState) throws {
    let report = Self.report([try Self.source(state)])
    #expect(report.sources.map(\.state) == [state])
    try expectAgreement(report)
  }

  @Test(arguments: ScheduleState.allCases)
  func agreeOnEveryStateOfASchedule(state: ScheduleState) throws {
    let report = Self.report([], [Self.schedule(state)])
    #expect(report.schedules.map(\.state) == [state])
    try expectAgreement(report)
  }

  @Test func agreeWhereEveryStateIsThereAtOnce() throws {
    let report = Self.report(
      try SourceState.allCases.map { try Self.source($0, "tree/\($0.rawValue)") },
      ScheduleState.allCases.map { Self.schedule($0, "\($0.rawValue)-one") })
    #expect(Set(report.sources.map(\.state)) == Set(SourceState.allCases))
    try expectAgreement(report)
  }

  static let verdicts: [(HostVerdict, SourceState, Int32)] = [
    (.ok, .ok, 0), (.degraded, .degraded, 3), (.failed, .failing, 1), (.objectiveMissed, .stale, 40),
  ]

  @Test(arguments: verdicts)
  func endWithTheCodeOfTheWorstSource(verdict: HostVerdict, state: SourceState, code: Int32) throws {
    let report = Self.report([try Self.source(state), try Self.source(.ok, "tree/etc")])
    #expect(report.verdict == verdict)
    #expect(ExitStatus(report.verdict).rawValue == code)
  }
}
