import ArgumentParser
import BackupEngine
import BackupPolicy
import BackupRepository

/// Prints the configuration with every default.
struct ConfigShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Print the configuration with every default spelled out.",
    discussion: """
      What is printed is itself a configuration, equal to the one that was read.

      With --effective it is a table instead: for each source, in the repository or declared, the keep rules that apply to it, \
      and where they come from. A job of the kind `retention` with a `keep` of its own goes by that where FROM is \
      `configuration`, or nothing.

      EXAMPLES:
        backupctl config show
        backupctl config show --json
        backupctl config show --effective

      \(ExitStatus.help([.ok, .failed, .degraded, .noRepository, .formatTooNew, .damaged, .usage]))
      """)

  @Flag(help: "Print which keep rules apply to each source, and where they come from.")
  var effective = false

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let environment = CommandEnvironment.current
    let configuration = try repository.requiredConfiguration()
    if effective { return try showEffective(configuration) }
    if output.json {
      environment.output.line(try JSONText.encode(ConfigurationDocument(configuration)))
    } else {
      environment.output.write(configuration.effectiveYAML().utf8)
    }
  }

  private func showEffective(_ configuration: Configuration) throws {
    let environment = CommandEnvironment.current
    let opened = try repository.open(configuration)
    let survey = try ServiceSurvey(configuration, in: opened)
    let rules = RetentionRules(configuration.retention, directory: survey.directory, sources: survey.sources)
    let rows = survey.sources.sorted().map { EffectiveRetentionRow($0, rules.rules(of: $0)) }
    if output.json {
      environment.output.line(
        try JSONText.encode(EffectiveRetention(sources: rows, problems: rules.problems.map(\.line))))
    } else {
      var table = TextTable([("SOURCE", .left), ("KEEP", .left), ("FROM", .left)])
      for row in rows { table.add([row.source.description, row.keepText, row.fromText]) }
      for line in table.lines { environment.output.line(line) }
    }
    for problem in rules.problems { environment.messages.line("warning: \(problem.line)") }
    if !rules.problems.isEmpty { throw ExitWith(status: .degraded) }
  }
}
