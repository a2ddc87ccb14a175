import ArgumentParser

/// The commands about keep rules.
struct RetentionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retention", abstract: "See what keep rules would come to.",
    discussion: """
      EXAMPLES:
        backupctl retention simulate --over 1y
        backupctl retention simulate nfs --keep daily=7,weekly=4,monthly=12

      \(ExitStatus.help([.ok, .failed, .noRepository, .formatTooNew, .damaged, .usage]))
      """,
    subcommands: [RetentionSimulateCommand.self])
}
