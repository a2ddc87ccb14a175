import ArgumentParser
import BackupEngine
import BackupModel
import BackupPolicy
import BackupRepository
import HostSystem
import JobEngine

/// Runs a schedule's job graph once.
struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run a schedule: its whole job graph, once.",
    discussion: """
      The schedule is checked as a whole before anything starts. Trees are those of the schedule and of the configuration; \
      the repository is the one given with -r, else the schedule's, else the configuration's.

      EXAMPLES:
        backupctl run -r /mnt/backup/backupctl schedules/demo.yaml
        backupctl run schedules/demo.yaml --json

      \(ExitStatus.help([.ok, .failed, .degraded, .noRepository, .usage]))
      """)

  @Argument(help: ArgumentHelp("The schedule.", valueName: "file"))
  var schedule: String

  @Option(help: ArgumentHelp("Where drills restore to.", valueName: "dir"))
  var scratch = "/var/tmp"

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let environment = CommandEnvironment.current
    let configuration = try repository.configuration()
    let declared = try load()
    let run = try ScheduleRun(declared, in: try scope(of: declared, configuration))
    let observer = RunLog(output: output, environment: environment)
    let running = Task { try await run.run(observer: observer) }
    environment.cancellation.onCancel { running.cancel() }
    let summary = try await running.value
    try RunReport(schedule: declared.name, summary).print(output)
    switch summary.result {
    case .ok: return
    case .degraded: throw ExitWith(status: .degraded)
    case .failed, .interrupted: throw ExitWith(status: .failed)
    }
  }

  private func load() throws -> Schedule {
    let text: String
    do throws(SystemError) {
      text = try readText(schedule)
    } catch {
      throw CommandError(
        .usage, "cannot read the schedule \(schedule): \(error.reason)", cause: error.cause,
        hint: "the schedules shipped with backupctl are in its `schedules` directory")
    }
    return try Schedule.parse(text: text, file: schedule, kinds: JobKinds.keys)
  }

  private func scope(of schedule: Schedule, _ configuration: Configuration?) throws -> JobScope {
    let opened: Repository
    if let declaration = schedule.repository, !repository.isGiven {
      opened = try RepositoryGuards.open(
        path: declaration.path, id: declaration.id, mustBeMounted: declaration.mustBeMounted)
    } else {
      opened = try repository.open(configuration)
    }
    let named = Set(schedule.trees.map(\.name))
    let settings = ArchiveSettings(
      repository: opened, parameters: configuration?.parameters ?? ArchiveParameters(), host: hostName(),
      tool: toolName, holder: LockHolder.text)
    return JobScope(
      settings: settings, trees: schedule.trees + (configuration?.trees ?? []).filter { !named.contains($0.name) },
      clock: CommandEnvironment.current.clock, scratchDirectory: PathBytes(path: scratch))
  }
}
