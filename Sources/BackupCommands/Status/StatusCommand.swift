import ArgumentParser
import BackupModel
import BackupReporting
import HostSystem

/// Shows on one screen how the backups of this host are.
struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show how the backups of this host are: every source, schedule, and what needs a hand.",
    discussion: """
      The state of a source is derived from the repository and the journal, as in the metrics: what never ran shows too.

      EXAMPLES:
        backupctl status
        backupctl status --json

      \(ExitStatus.help([.ok, .failed, .degraded, .objectiveMissed, .usage]))
      """)

  @OptionGroup var survey: SurveyOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let environment = CommandEnvironment.current
    let report = try await survey.report()
    if output.json {
      environment.output.line(try JSONText.encode(StatusDocument(report)))
    } else {
      StatusScreen(report).print(to: environment.output)
    }
    let status = ExitStatus(report.verdict)
    if status != .ok { throw ExitWith(status: status) }
  }
}
