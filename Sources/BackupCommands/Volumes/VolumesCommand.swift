import ArgumentParser

/// The commands about volumes.
struct VolumesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "volumes", abstract: "List the thin volumes of this host and what protects each.",
    discussion: """
      EXAMPLES:
        backupctl volumes
        backupctl volumes list --json

      \(ExitStatus.help([.ok, .failed, .degraded, .snapshotFailed, .toolMissing, .usage]))
      """,
    subcommands: [VolumesListCommand.self], defaultSubcommand: VolumesListCommand.self)
}
