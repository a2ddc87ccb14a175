import ArgumentParser

/// The commands about drills.
struct DrillsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drills", abstract: "List what drills have shown.",
    discussion: """
      `backupctl drill` makes one, as does a job of the kind `drill`.

      EXAMPLES:
        backupctl drills

      \(ExitStatus.help([.ok, .failed, .noRepository, .formatTooNew, .usage]))
      """,
    subcommands: [DrillsListCommand.self], defaultSubcommand: DrillsListCommand.self)
}
