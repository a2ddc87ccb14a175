import ArgumentParser
import BackupPolicy

/// Prints the configuration with every default.
struct ConfigShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Print the configuration with every default spelled out.",
    discussion: """
      What is printed is itself a configuration, equal to the one that was read.

      EXAMPLES:
        backupctl config show
        backupctl config show --json

      \(ExitStatus.help([.ok, .usage]))
      """)

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let environment = CommandEnvironment.current
    let configuration = try repository.requiredConfiguration()
    if output.json {
      environment.output.line(try JSONText.encode(ConfigurationDocument(configuration)))
    } else {
      environment.output.write(configuration.effectiveYAML().utf8)
    }
  }
}
