import ArgumentParser
import BackupEngine
import BackupModel
import HostSystem

/// Lists services.
struct ServicesListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List services: their sources, how old they can be had back, and whether objectives are met.",
    discussion: """
      NEWEST is the age to which all of a service can be had back: that of the newest good point of the source where it is \
      oldest. RPO and RTO are `met`, `missed` or `unknown` (nothing was ever drilled or restored), or `-` if nothing is \
      promised.

      EXAMPLES:
        backupctl services list
        backupctl services list --json

      \(ExitStatus.help([.ok, .failed, .degraded, .noRepository, .formatTooNew, .damaged, .objectiveMissed, .usage]))
      """)

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var state: StateOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let environment = CommandEnvironment.current
    let looking = try ServiceLooking(repository, state)
    let reports = try looking.survey.directory.services.map(looking.report)
    if output.json {
      environment.output.line(try JSONText.encode(reports.map(ServiceDocument.init(_:))))
    } else {
      var table = TextTable([
        ("SERVICE", .left), ("SOURCES", .left), ("NEWEST", .right), ("RPO", .left), ("RTO", .left), ("TIME", .right),
      ])
      for report in reports {
        table.add([
          report.service.name, report.sources.map(\.id.typedName).joined(separator: ", "),
          report.newest.map { AgeText.of($0.begun, now: looking.now) } ?? "none", report.rpo?.rawValue ?? "-",
          report.rto?.rawValue ?? "-", report.expectedSeconds.map(DurationText.of(seconds:)) ?? "unknown",
        ])
      }
      for line in table.lines { environment.output.line(line) }
    }
    try looking.end(reports)
  }
}
