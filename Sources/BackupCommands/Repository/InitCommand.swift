import ArgumentParser
import BackupRepository
import FoundationEssentials

/// Makes a repository.
struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Make a repository.",
    discussion: """
      The directory is made if it isn't there (the one above it must be), and must be empty otherwise.

      EXAMPLES:
        backupctl init /mnt/backup/backupctl

      \(ExitStatus.help([.ok, .failed, .usage]))
      """)

  @Argument(help: ArgumentHelp("The directory.", valueName: "dir"))
  var directory: String

  @OptionGroup var output: OutputOptions

  func run() throws {
    let environment = CommandEnvironment.current
    let repository = try Repository.create(
      Array(directory.utf8), id: UUID().uuidString.lowercased(), created: environment.clock.now(), tool: toolName)
    do {
      // A disk that is too full for it has none until a prune finds room.
      try repository.reserve.fill()
    } catch let error as RepositoryError {
      // The repository is there, and each prune tries again.
      environment.messages.line("warning: the repository has no reserve: \(error)")
    }
    if output.json {
      environment.output.line(try JSONText.encode(repository.description))
    } else if !output.quiet {
      environment.output.line("made the repository \(repository.description.id) in \(directory)")
      environment.output.line("next: backupctl archive -r \(directory) /etc")
    }
  }
}
