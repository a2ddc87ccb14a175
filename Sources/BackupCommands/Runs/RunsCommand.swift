import ArgumentParser

/// The commands about past runs.
struct RunsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs", abstract: "List past runs, or show one whole.",
    discussion: """
      EXAMPLES:
        backupctl runs
        backupctl runs list weekly --limit 5
        backupctl runs show weekly
        backupctl runs show weekly-20261122T050000Z --steps

      \(ExitStatus.help([.ok, .failed, .usage]))
      """,
    subcommands: [RunsListCommand.self, RunsShowCommand.self], defaultSubcommand: RunsListCommand.self)
}
