import BackupModel
import BackupReporting
import HostSystem

/// A report as a person reads it: what needs a hand first, then sources, schedules and the disk.
struct StatusScreen {
  let report: HostReport

  init(_ report: HostReport) { self.report = report }

  /// Prints the screen.
  func print(to output: CommandOutput) {
    output.line("\(report.host): \(report.verdict.word)")
    for concern in report.concerns {
      output.line("  \(concern.severity.word): \(concern.text)")
      output.line("    hint: \(concern.hint)")
    }
    output.line("")
    for line in sources.lines { output.line(line) }
    if !report.schedules.isEmpty {
      output.line("")
      for line in schedules.lines { output.line(line) }
    }
    output.line("")
    if let pause = report.pause {
      output.line("paused since \(pause.since)\(pause.until.map { " until \($0)" } ?? ""): \(pause.reason)")
    }
    output.line(disk)
    output.line(
      "coverage: \(report.uncovered.count) uncovered, \(report.excludedCount) excluded with a reason"
        + (report.unseen.isEmpty ? "" : ", \(report.unseen.count) could not be looked at"))
  }

  private func age(_ time: Timestamp?) -> String { time.map { AgeText.of($0, now: report.now) } ?? "never" }

  private var sources: TextTable {
    var table = TextTable([
      ("SOURCE", .left), ("STATE", .left), ("POINT", .right), ("ALLOWED", .right), ("VERIFIED", .right),
      ("DRILLED", .right), ("READ", .right), ("STORED", .right),
    ])
    for source in report.sources {
      let seen = source.observation
      table.add([
        source.id.description, source.state.rawValue, age(seen.newestGoodPoint),
        seen.maximumAge.map { DurationText.of(seconds: $0.inSeconds) } ?? "-", age(seen.lastVerified),
        age(seen.lastDrilled) + (seen.lastDrill.map(Self.result(of:)) ?? ""),
        seen.lastAttempt.map { "\($0.readBytes)" } ?? "-",
        seen.lastAttempt.map { "\($0.storedBytes)" } ?? "-",
      ])
    }
    return table
  }

  private static func result(of drill: DrillObservation) -> String {
    drill.hasFailed ? " failed" : drill.isIncomplete ? " incomplete" : ""
  }

  private var schedules: TextTable {
    var table = TextTable([
      ("SCHEDULE", .left), ("STATE", .left), ("LAST", .right), ("LAST OK", .right), ("NEXT", .left),
    ])
    for schedule in report.schedules {
      let seen = schedule.observation
      table.add([
        schedule.name, schedule.state.rawValue, age(seen.lastRun?.begun), age(seen.lastOK),
        seen.nextStart.map(\.description) ?? "-",
      ])
    }
    return table
  }

  private var disk: String {
    guard let repository = report.repository else { return "disk: the repository is not there" }
    return "disk: \(repository.observation.freeBytes) of \(repository.observation.totalBytes) free, "
      + repository.outlook.text(now: report.now)
  }
}
