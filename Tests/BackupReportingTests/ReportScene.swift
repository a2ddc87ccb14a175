import BackupModel
import Testing

@testable import BackupReporting

/// Times and observations that the tests of this module share.
enum ReportScene {
  /// 2026-11-22T06:10:00Z, a Sunday.
  static let now = Timestamp(CalendarTime(year: 2026, month: 11, day: 22, hour: 6, minute: 10))

  static func ago(_ seconds: Int64) -> Timestamp { now.adding(seconds: -seconds) }
  static func hoursAgo(_ hours: Int64) -> Timestamp { ago(hours * 3600) }
  static func daysAgo(_ days: Int64) -> Timestamp { ago(days * 86_400) }

  static func id(_ text: String) throws -> SourceID { try #require(SourceID(parsing: text)) }

  /// A source as it should be: backed up an hour ago, a week allowed.
  static func source(_ name: String = "tree/nfs/immich") throws -> SourceObservation {
    SourceObservation(
      id: try id(name), declared: daysAgo(100), maximumAge: .seconds(8 * 86_400), newestGoodPoint: hoursAgo(1),
      lastAttempt: attempt(.succeeded), lastSuccess: ago(3000), lastVerified: daysAgo(2), lastDrilled: daysAgo(20),
      lastDrill: DrillObservation(hasFailed: false, restoreTime: .milliseconds(81_250), dataAge: .seconds(5400)))
  }

  static func attempt(_ outcome: AttemptOutcome, warnings: Int = 0) -> AttemptObservation {
    AttemptObservation(
      begun: hoursAgo(1), outcome: outcome, duration: .milliseconds(600_250), entries: 123_456,
      readBytes: .gibibytes(2), storedBytes: .mebibytes(17), warnings: warnings)
  }

  /// A schedule that ended well ten minutes ago and is due in a week.
  static func schedule(_ state: ScheduleRunState? = .ok, name: String = "weekly") -> ScheduleObservation {
    ScheduleObservation(
      name: name,
      lastRun: state.map {
        ScheduleRunObservation(state: $0, begun: hoursAgo(1), ended: $0 == .running ? nil : ago(600))
      },
      lastOK: state == .ok ? ago(600) : daysAgo(7), nextStart: now.adding(seconds: 7 * 86_400 - 4200))
  }

  /// A disk with 100 GiB free of 1 TiB.
  static func repository(dailyGrowth: [ByteCount] = []) -> RepositoryObservation {
    RepositoryObservation(
      freeBytes: .gibibytes(100), totalBytes: .gibibytes(1024),
      growth: dailyGrowth.enumerated().map { position, bytes in
        DailyGrowth(day: daysAgo(Int64(dailyGrowth.count - 1 - position)), addedBytes: bytes)
      })
  }

  /// A host where all is well.
  static func host(
    sources: [SourceObservation]? = nil, schedules: [ScheduleObservation]? = nil, pause: PauseObservation? = nil
  ) throws -> HostObservation {
    HostObservation(
      now: now, host: "pve1", version: "1.2.3", sources: try sources ?? [source()],
      schedules: schedules ?? [schedule()],
      pause: pause, repository: repository(), excludedCount: 3)
  }

  /// A host where much is wrong, and a run goes on.
  static func troubledHost() throws -> HostObservation {
    var failing = try source("volume/pve/vm-101-disk-0")
    failing.lastAttempt = attempt(.failed, warnings: 1)
    failing.failingSince = daysAgo(3)
    failing.newestGoodPoint = daysAgo(4)
    failing.lastSuccess = daysAgo(4)
    var stale = try source("tree/etc")
    stale.newestGoodPoint = daysAgo(9)
    stale.lastSuccess = daysAgo(9)
    stale.lastVerified = nil
    var suspicious = try source("stream/postgres")
    suspicious.isSuspicious = true
    suspicious.maximumAge = nil
    suspicious.lastDrill = DrillObservation(hasFailed: true)
    stale.lastDrill = DrillObservation(hasFailed: false, isIncomplete: true)
    let new = SourceObservation(id: try id("tree/new"), declared: hoursAgo(2))
    var running = schedule(.running, name: "nightly")
    running.lastRun?.progress = ScheduleRunProgress(endedTasks: 3, allTasks: 8, readBytes: .gibibytes(1))
    var late = schedule(.died, name: "scrub")
    late.nextStart = hoursAgo(7)
    return HostObservation(
      now: now, host: "pve1", version: "1.2.3", sources: [failing, stale, suspicious, new, try source()],
      schedules: [schedule(), running, late, schedule(nil, name: "drill")],
      repository: repository(dailyGrowth: [.gibibytes(500), .gibibytes(10), .gibibytes(10), .gibibytes(10)]),
      uncovered: ["pve/vm-200-disk-0", "nfs/new"], excludedCount: 3,
      unseen: ["cannot select the volumes `pvc`: the group ssd can't be listed: vgs ended with code 5"])
  }
}
