import BackupModel

extension Concern {
  /// The concern about a source; nil if it is as it should be.
  init?(_ source: SourceReport) {
    let missed: HostVerdict? = source.missesObjective ? .objectiveMissed : nil
    let kind: Kind
    let severity: HostVerdict
    switch source.state {
    case .ok: return nil
    case .failing: (kind, severity) = (.sourceFailing, missed ?? .failed)
    case .neverRan: (kind, severity) = (.sourceNeverRan, missed ?? .degraded)
    case .stale: (kind, severity) = (.sourceStale, .objectiveMissed)
    case .degraded: (kind, severity) = (.sourceDegraded, missed ?? .degraded)
    }
    let name = source.id.description
    self.init(
      kind: kind, subject: name, severity: severity, text: "\(name): \(source.reason ?? source.state.rawValue)",
      hint: "backupctl history \(name)")
  }

  /// What is to say about the last drill of a source.
  init?(drillOf source: SourceReport) {
    guard let drill = source.observation.lastDrill, drill.hasFailed || drill.isIncomplete else { return nil }
    let name = source.id.description
    guard drill.hasFailed else {
      self.init(
        kind: .drillIncomplete, subject: name, severity: .degraded,
        text: "\(name): not all of what the last drill restored could be looked at",
        hint: "backupctl drills list \(name) --verbose")
      return
    }
    self.init(
      kind: .drillFailed, subject: name, severity: .failed,
      text: "\(name): what the last drill restored was not as it should be",
      hint: "backupctl drills list \(name) --verbose")
  }

  /// What is to say about a schedule.
  static func about(_ schedule: ScheduleReport) -> [Concern] {
    let name = schedule.name
    var concerns: [Concern] = []
    func add(_ kind: Kind, _ severity: HostVerdict, _ text: String, hint: String) {
      concerns.append(Concern(kind: kind, subject: name, severity: severity, text: "\(name): \(text)", hint: hint))
    }
    switch schedule.state {
    case .failed: add(.scheduleFailed, .failed, "the last run failed", hint: "backupctl runs show \(name)")
    case .died: add(.scheduleFailed, .failed, "the last run was killed", hint: "backupctl run \(name) --resume")
    case .degraded: add(.scheduleDegraded, .degraded, "the last run was degraded", hint: "backupctl runs show \(name)")
    case .interrupted:
      add(.scheduleDegraded, .degraded, "the last run was interrupted", hint: "backupctl run \(name) --resume")
    case .ok, .running, .neverRan: break
    }
    if schedule.isOverdue, let start = schedule.observation.nextStart {
      add(
        .scheduleOverdue, .failed, "its timer should have started it at \(start)",
        hint: "systemctl list-timers 'backupctl@*'")
    }
    return concerns
  }

  /// What is to say about the repository's disk.
  static func about(repository: RepositoryReport?, now: Timestamp, limits: ReportLimits) -> [Concern] {
    guard let repository else {
      return [
        Concern(
          kind: .repositoryMissing, subject: "", severity: .failed, text: "the repository's disk is not there",
          hint: "findmnt")
      ]
    }
    guard let forecast = repository.forecast, forecast.full < now.adding(limits.diskForecast) else { return [] }
    return [
      Concern(
        kind: .diskFilling, subject: "", severity: .degraded,
        text: "the repository's disk has \(repository.observation.freeBytes) left and will be full in "
          + "\(now.age(at: forecast.full).ageText) (\(forecast.trend.basis))",
        hint: "backupctl usage")
    ]
  }

  /// The concern about a pause that holds for too long; nil if it doesn't.
  init?(pause: PauseObservation, now: Timestamp, limits: ReportLimits) {
    let age = pause.since.age(at: now)
    guard age > limits.pause else { return nil }
    self.init(
      kind: .pausedTooLong, subject: "", severity: .degraded,
      text: "timers have been paused for \(age.ageText): \(pause.reason)", hint: "backupctl unpause")
  }

  /// The concern about something that couldn't be looked at.
  init(unseen text: String) {
    self.init(kind: .unseen, subject: "", severity: .degraded, text: text, hint: "backupctl coverage")
  }

  /// The concern about something that nothing protects.
  init(uncovered name: String) {
    self.init(
      kind: .uncovered, subject: name, severity: .degraded,
      text: "\(name) is neither protected nor excluded with a reason", hint: "backupctl coverage")
  }
}
