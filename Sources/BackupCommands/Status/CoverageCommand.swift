import ArgumentParser
import BackupEngine
import BackupModel
import HostSystem

/// Shows what exists and what protects it.
struct CoverageCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "coverage", abstract: "Show what exists, and which source protects it or why it needs none.",
    discussion: """
      Looked at are the directories directly below the roots of the configuration's `coverage`, and below trees whose \
      children are sources of their own; the thin volumes of the pools that `volumes` names, and the claims of the \
      cluster. What is neither protected nor excluded with a reason is uncovered, and the command ends with 3; so it \
      does if something can't be looked at.

      EXAMPLES:
        backupctl coverage
        backupctl coverage --uncovered

      \(ExitStatus.help([.ok, .degraded, .usage]))
      """)

  @Flag(help: "Only what nothing protects.")
  var uncovered = false

  @OptionGroup var survey: SurveyOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let environment = CommandEnvironment.current
    let configuration = try survey.configuration()
    let catalog = try survey.state.readCatalog(configuration)
    let seen = try await VolumeWork.seen(configuration, catalog: catalog, asksCluster: true)
    if let warning = seen?.claims.warning { environment.messages.line("warning: \(warning)") }
    let coverage = CoverageSurvey(configuration, volumes: seen)
    for problem in coverage.problems { environment.messages.line("warning: \(problem)") }
    let rows = coverage.items.map(CoverageRow.init).filter { !uncovered || $0.state == .uncovered }
    if output.json {
      environment.output.line(try JSONText.encode(rows))
    } else {
      for line in CoverageRow.lines(rows) { environment.output.line(line) }
    }
    guard coverage.uncovered.isEmpty else {
      if !output.json {
        environment.messages.line(
          "\(coverage.uncovered.count) uncovered: declare a tree or volumes, or exclude each with a reason"
        )
      }
      throw ExitWith(status: .degraded)
    }
    guard coverage.problems.isEmpty else { throw ExitWith(status: .degraded) }
  }
}
