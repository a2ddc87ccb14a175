import ArgumentParser
import BackupCatalog
import BackupModel

/// Lists runs.
struct RunsListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List runs, the latest first.",
    discussion: """
      EXAMPLES:
        backupctl runs list
        backupctl runs list weekly --json

      \(ExitStatus.help([.ok, .failed, .usage]))
      """)

  @Argument(help: ArgumentHelp("Only runs of this schedule.", valueName: "schedule"))
  var schedule: String?

  @Option(help: ArgumentHelp("How many at most.", valueName: "n"))
  var limit = 20

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var state: StateOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let environment = CommandEnvironment.current
    let catalog = try state.readCatalog(try repository.configuration())
    let runs = try catalog?.runs.latest(ofSchedule: schedule, limit: max(1, limit)) ?? []
    if output.json {
      environment.output.line(try JSONText.encode(runs.map { RunDocument($0) }))
      return
    }
    guard !runs.isEmpty else {
      environment.messages.line(
        schedule.map { "there was no run of \($0) yet" }
          ?? "there was no run yet; begin one with `backupctl run SCHEDULE`")
      return
    }
    var table = TextTable([("RUN", .left), ("BEGUN", .left), ("TIME", .right), ("STATE", .left), ("", .left)])
    for run in runs {
      table.add([
        run.id.description, run.begun.description, RunText.duration(run), RunText.state(run), run.message,
      ])
    }
    for line in table.lines { environment.output.line(line) }
  }
}
