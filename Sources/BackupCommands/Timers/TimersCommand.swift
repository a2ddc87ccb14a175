import ArgumentParser

/// The commands about systemd timers.
struct TimersCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "timers", abstract: "Show or install the systemd timers of the schedules.",
    discussion: """
      Each schedule with a `timer:` gets the unit backupctl@NAME.timer, which starts backupctl@NAME.service.

      EXAMPLES:
        backupctl timers list
        backupctl timers print weekly
        backupctl timers install

      \(ExitStatus.help([.ok, .failed, .toolMissing, .usage]))
      """,
    subcommands: [TimersListCommand.self, TimersPrintCommand.self, TimersInstallCommand.self])
}
