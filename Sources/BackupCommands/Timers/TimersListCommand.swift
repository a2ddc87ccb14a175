import ArgumentParser
import BackupEngine
import BackupPolicy
import HostSystem

/// Lists the schedules' timers.
struct TimersListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the schedules, when they start next, and whether their timers are installed.",
    discussion: """
      EXAMPLES:
        backupctl timers list
        backupctl timers list --directory /etc/systemd/system --json

      \(ExitStatus.help([.ok, .toolMissing, .usage]))
      """)

  @Option(help: ArgumentHelp("The directory of the units.", valueName: "dir"))
  var directory = TimersInstallCommand.defaultDirectory

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var output: OutputOptions

  private struct Row: Encodable {
    let schedule: String
    let onCalendar: [String]
    let persistent: Bool
    let next: String?
    let state: String
  }

  func run() async throws {
    let environment = CommandEnvironment.current
    let schedules = try ScheduleFiles(try repository.configuration()).all()
    let plan = try TimerInstallation.plan(schedules.compactMap(TimerUnit.init), in: PathBytes(path: directory))
    var rows: [Row] = []
    for schedule in schedules {
      var next: [String] = []
      for expression in schedule.timer?.onCalendar ?? [] {
        if let time = try await CalendarCheck.next(expression, of: schedule.name) { next.append(time) }
      }
      let change = plan.changes.first { $0.schedule == schedule.name }
      rows.append(
        Row(
          schedule: schedule.name, onCalendar: schedule.timer?.onCalendar ?? [],
          persistent: schedule.timer?.isPersistent ?? false, next: next.min(),
          state: schedule.timer == nil ? "no timer" : change.map { Self.word($0.step) } ?? "no timer"))
    }
    for change in plan.changes where change.step == .remove {
      rows.append(
        Row(
          schedule: change.schedule, onCalendar: [], persistent: false, next: nil, state: "installed, but not declared")
      )
    }
    if output.json {
      environment.output.line(try JSONText.encode(rows))
      return
    }
    var table = TextTable([("SCHEDULE", .left), ("CALENDAR", .left), ("NEXT", .left), ("TIMER", .left)])
    for row in rows {
      table.add([row.schedule, row.onCalendar.joined(separator: ", "), row.next ?? "-", row.state])
    }
    for line in table.lines { environment.output.line(line) }
  }

  private static func word(_ step: TimerInstallation.Step) -> String {
    switch step {
    case .keep: "installed"
    case .create: "not installed"
    case .replace: "outdated"
    case .remove: "installed, but not declared"
    case .foreign: "a unit that backupctl did not write"
    }
  }
}
