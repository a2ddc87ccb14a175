import ArgumentParser
import BackupEngine
import BackupPolicy

/// Prints timer units without installing them.
struct TimersPrintCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "print", abstract: "Print the timer units of schedules.",
    discussion: """
      EXAMPLES:
        backupctl timers print
        backupctl timers print schedules/weekly.yaml

      \(ExitStatus.help([.ok, .usage]))
      """)

  @Argument(
    help: ArgumentHelp("Schedules, by name or file. Default: all with a timer.", valueName: "schedule"))
  var schedules: [String] = []

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var output: OutputOptions

  private struct Unit: Encodable {
    let schedule: String
    let fileName: String
    let text: String
  }

  func run() throws {
    let environment = CommandEnvironment.current
    let files = try ScheduleFiles(try repository.configuration())
    let chosen = try schedules.isEmpty ? files.all() : schedules.map(files.load)
    let units = chosen.compactMap(TimerUnit.init)
    for schedule in chosen where !schedules.isEmpty && schedule.timer == nil {
      throw CommandError(
        .usage, "cannot print a timer of the schedule \(schedule.name): it has no `timer:`",
        hint: "add one, such as `timer: {on-calendar: \"Sun *-*-* 05:00:00\"}`")
    }
    if output.json {
      environment.output.line(
        try JSONText.encode(units.map { Unit(schedule: $0.schedule, fileName: $0.fileName, text: $0.text) }))
      return
    }
    for (position, unit) in units.enumerated() {
      if position > 0 { environment.output.line("") }
      if units.count > 1 { environment.output.line("# \(unit.fileName)") }
      environment.output.write(unit.text.utf8)
    }
  }
}
