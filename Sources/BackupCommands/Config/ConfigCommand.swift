import ArgumentParser
import BackupPolicy

/// The commands about the configuration.
struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "Check or show the configuration.",
    discussion: """
      EXAMPLES:
        backupctl config check
        backupctl config show --config ./config.yaml

      \(ExitStatus.help([.ok, .usage]))
      """,
    subcommands: [ConfigCheckCommand.self, ConfigShowCommand.self])
}

extension RepositoryOptions {
  /// The configuration, which must exist.
  ///
  /// - Throws: `CommandError` or `PolicyError` of the category `usage`.
  func requiredConfiguration() throws -> Configuration {
    if let configuration = try configuration() { return configuration }
    throw CommandError(
      .usage, "cannot find a configuration: there is no /etc/backupctl/config.yaml",
      hint: "give one with --config or $BACKUPCTL_CONFIG; docs/configuration.md has a first one")
  }
}
