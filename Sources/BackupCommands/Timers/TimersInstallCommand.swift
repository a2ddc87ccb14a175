import ArgumentParser
import BackupEngine
import BackupPolicy
import HostSystem

/// Installs the timers of the schedules.
struct TimersInstallCommand: AsyncParsableCommand {
  static let defaultDirectory = "/etc/systemd/system"

  static let configuration = CommandConfiguration(
    commandName: "install",
    abstract: "Write the timer units of all schedules, enable them, and remove those of old ones.",
    discussion: """
      Only units that backupctl wrote are replaced or removed; one of the same name that it did not write is named \
      and left alone, and the command fails. Installing again changes nothing. systemd checks each calendar expression \
      before anything is written.

      EXAMPLES:
        backupctl timers install --dry-run
        backupctl timers install

      \(ExitStatus.help([.ok, .failed, .toolMissing, .usage]))
      """)

  @Option(help: ArgumentHelp("The directory of the units.", valueName: "dir"))
  var directory = TimersInstallCommand.defaultDirectory

  @Flag(help: "Only show what would be done.")
  var dryRun = false

  @Flag(help: "Write the files but don't tell systemd: no daemon-reload, enable or disable.")
  var noEnable = false

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var output: OutputOptions

  private struct Row: Encodable {
    let unit: String
    let schedule: String
    let step: TimerInstallation.Step
  }

  func run() async throws {
    let environment = CommandEnvironment.current
    let units = try ScheduleFiles(try repository.configuration()).all().compactMap(TimerUnit.init)
    for unit in units {
      for expression in unit.timer.onCalendar { _ = try await CalendarCheck.next(expression, of: unit.schedule) }
    }
    let plan = try TimerInstallation.plan(units, in: PathBytes(path: directory))
    if !dryRun {
      // While the unit file is there, systemd knows what it wants undone.
      for change in plan.changes where change.step == .remove && !noEnable {
        try await systemctl(["disable", "--now", change.fileName])
      }
      try plan.execute()
      if !noEnable { try await enable(plan) }
    }
    try report(plan, environment)
    let foreign = plan.changes.filter { $0.step == .foreign }
    guard foreign.isEmpty else {
      throw CommandError(
        .failed,
        "cannot install \(foreign.map(\.fileName).joined(separator: ", ")): backupctl did not write the unit in \(directory)",
        hint: "move it away, then run `backupctl timers install` again")
    }
  }

  private func enable(_ plan: TimerInstallation) async throws {
    if !plan.isInPlace { try await systemctl(["daemon-reload"]) }
    let timers = plan.changes.filter { $0.step != .remove && $0.step != .foreign }.map(\.fileName)
    // Enabling what is enabled changes nothing; it mends a timer that was disabled by hand.
    if !timers.isEmpty { try await systemctl(["enable", "--now"] + timers) }
    let replaced = plan.changes.filter { $0.step == .replace }.map(\.fileName)
    if !replaced.isEmpty { try await systemctl(["restart"] + replaced) }
  }

  private func systemctl(_ arguments: [String]) async throws {
    var command = ChildCommand("systemctl", arguments)
    command.timeLimit = .seconds(60)
    let result = try await command.run()
    guard result.isSuccess else {
      throw CommandError(
        .failed, "cannot tell systemd of the timers: `\(command.text)` \(result.end)", cause: result.lastWords.last,
        hint: "the unit files are written; without systemd use `--no-enable`")
    }
  }

  private func report(_ plan: TimerInstallation, _ environment: CommandEnvironment) throws {
    if output.json {
      environment.output.line(
        try JSONText.encode(
          plan.changes.map { Row(unit: $0.fileName, schedule: $0.schedule, step: $0.step) }))
      return
    }
    guard !output.quiet else { return }
    for change in plan.changes {
      environment.output.line("\(change.step.rawValue)  \(directory)/\(change.fileName)")
    }
    if plan.changes.isEmpty { environment.output.line("no schedule has a timer") }
  }
}
