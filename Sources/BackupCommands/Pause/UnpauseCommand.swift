import ArgumentParser

/// Ends a pause.
struct UnpauseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unpause", abstract: "Let timers start runs again.",
    discussion: """
      What a timer would have started meanwhile is not made up for: run it with `backupctl run`.

      EXAMPLES:
        backupctl unpause

      \(ExitStatus.help([.ok, .failed, .usage]))
      """)

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var state: StateOptions
  @OptionGroup var output: OutputOptions

  private struct Document: Encodable {
    let ended: PauseDocument?
  }

  func run() throws {
    let environment = CommandEnvironment.current
    let ended = try state.openCatalog(try repository.configuration()).pauses.unpause()
    if output.json {
      environment.output.line(try JSONText.encode(Document(ended: ended.map(PauseDocument.init))))
    } else if !output.quiet {
      environment.output.line(ended.map { "no longer \(PauseText.line($0))" } ?? "there was no pause")
    }
  }
}
