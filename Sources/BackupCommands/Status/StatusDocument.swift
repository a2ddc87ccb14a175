import BackupModel
import BackupReporting
import HostSystem

/// A report as JSON.
struct StatusDocument: Encodable {
  struct Item: Encodable {
    let kind: String
    let subject: String
    let severity: String
    let text: String
    let hint: String

    init(_ concern: Concern) {
      kind = concern.kind.rawValue
      subject = concern.subject
      severity = concern.severity.word
      text = concern.text
      hint = concern.hint
    }
  }

  struct Source: Encodable {
    let source: String
    let state: String
    let reason: String?
    let ageSeconds: Double?
    let maximumAgeSeconds: Double?
    let newestGoodPoint: Timestamp?
    let lastAttempt: Timestamp?
    let lastOutcome: String?
    let lastSuccess: Timestamp?
    let failingSince: Timestamp?
    let lastVerified: Timestamp?
    let lastDrilled: Timestamp?
    let drillFailed: Bool?
    let drillIncomplete: Bool?
    let drillRestoreSeconds: Double?
    let drillAgeSeconds: Double?
    let durationSeconds: Double?
    let readBytes: ByteCount?
    let storedBytes: ByteCount?
    let warnings: Int?

    init(_ source: SourceReport) {
      let seen = source.observation
      self.source = source.id.description
      state = source.state.rawValue
      reason = source.reason
      ageSeconds = source.age?.inSeconds
      maximumAgeSeconds = seen.maximumAge?.inSeconds
      newestGoodPoint = seen.newestGoodPoint
      lastAttempt = seen.lastAttempt?.begun
      lastOutcome = seen.lastAttempt?.outcome.rawValue
      lastSuccess = seen.lastSuccess
      failingSince = seen.failingSince
      lastVerified = seen.lastVerified
      lastDrilled = seen.lastDrilled
      drillFailed = seen.lastDrill?.hasFailed
      drillIncomplete = seen.lastDrill?.isIncomplete
      drillRestoreSeconds = seen.lastDrill?.restoreTime?.inSeconds
      drillAgeSeconds = seen.lastDrill?.dataAge?.inSeconds
      durationSeconds = seen.lastAttempt?.duration.inSeconds
      readBytes = seen.lastAttempt?.readBytes
      storedBytes = seen.lastAttempt?.storedBytes
      warnings = seen.lastAttempt?.warnings
    }
  }

  struct Schedule: Encodable {
    let schedule: String
    let state: String
    let overdue: Bool
    let lastBegun: Timestamp?
    let lastEnded: Timestamp?
    let lastOK: Timestamp?
    let nextStart: Timestamp?

    init(_ schedule: ScheduleReport) {
      let seen = schedule.observation
      self.schedule = schedule.name
      state = schedule.state.rawValue
      overdue = schedule.isOverdue
      lastBegun = seen.lastRun?.begun
      lastEnded = seen.lastRun?.ended
      lastOK = seen.lastOK
      nextStart = seen.nextStart
    }
  }

  struct Pause: Encodable {
    let since: Timestamp
    let until: Timestamp?
    let reason: String
  }

  struct Disk: Encodable {
    let freeBytes: ByteCount
    let totalBytes: ByteCount
    let bytesPerDay: Double?
    let full: Timestamp?
    /// `full`, `far-away`, `not-filling` or `unknown`.
    let outlook: String
    /// How many days the growth was taken from, and within how many.
    let growthSamples: Int
    let growthDays: Int?
  }

  let host: String
  let time: Timestamp
  let verdict: String
  let exitStatus: Int32
  let concerns: [Item]
  let sources: [Source]
  let schedules: [Schedule]
  let pause: Pause?
  let repository: Disk?
  let uncovered: [String]
  let excluded: Int
  let unseen: [String]

  init(_ report: HostReport) {
    host = report.host
    time = report.now
    verdict = report.verdict.word
    exitStatus = ExitStatus(report.verdict).rawValue
    concerns = report.concerns.map(Item.init)
    sources = report.sources.map(Source.init)
    schedules = report.schedules.map(Schedule.init)
    pause = report.pause.map { Pause(since: $0.since, until: $0.until, reason: $0.reason) }
    repository = report.repository.map {
      Disk(
        freeBytes: $0.observation.freeBytes, totalBytes: $0.observation.totalBytes,
        bytesPerDay: $0.outlook.trend?.bytesPerDay, full: $0.forecast?.full, outlook: $0.outlook.word,
        growthSamples: $0.observation.growth.count, growthDays: $0.outlook.trend?.days)
    }
    uncovered = report.uncovered
    excluded = report.excludedCount
    unseen = report.unseen
  }
}
