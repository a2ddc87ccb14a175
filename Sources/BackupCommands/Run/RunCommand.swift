import ArgumentParser
import BackupCatalog
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
      the repository is the one given with -r, else the schedule's, else the configuration's. Each step is written to \
      the journal before it is done, so that a run that was interrupted or killed can be gone on with.

      A first SIGINT or SIGTERM stops what runs and waits for its clean-up; a second one doesn't wait.

      EXAMPLES:
        backupctl run weekly
        backupctl run -r /mnt/backup/backupctl schedules/demo.yaml
        backupctl run weekly --resume
        backupctl plan weekly

      \(ExitStatus.help([.ok, .failed, .degraded, .noRepository, .busy, .usage]))
      """)

  @Argument(help: ArgumentHelp("The schedule: a file, or a name in the directory of schedules.", valueName: "schedule"))
  var schedule: String

  @Flag(help: "Go on with the last run, if it was interrupted, killed or failed: only what it didn't do is done.")
  var resume = false

  @Flag(help: "Run even while timers are paused.")
  var evenIfPaused = false

  @Option(help: ArgumentHelp("Where drills restore to.", valueName: "dir"))
  var scratch = "/var/tmp"

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var state: StateOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let environment = CommandEnvironment.current
    let configuration = try repository.configuration()
    let files = try ScheduleFiles(configuration)
    let declared = try files.load(schedule)
    // Everything is checked before anything is written, the journal included.
    let kinds = try await files.kinds.describing(declared)
    var scope = try RunScope.make(declared, configuration, repository, scratch: scratch)
    let run = try ScheduleRun(declared, in: scope, kinds: kinds)
    let catalog = try state.openCatalog(configuration)
    let notifier = ServiceNotifier(variables: environment.variables, processID: environment.processID)
    if !evenIfPaused, let pause = try catalog.pauses.current() {
      environment.messages.line(PauseText.refusal(declared.name, pause))
      // A service that ends without ever having been ready counts as failed; this one did what it should.
      notifier.ready()
      notifier.status(PauseText.line(pause))
      return
    }
    let process = ProcessIdentity.running(environment.processID)
    let request = RecordedRun.Request(
      schedule: declared.name, file: schedule, run: run, repositoryID: scope.settings.repository.description.id,
      host: scope.settings.host, tool: toolName, holder: LockHolder.text,
      process: process ?? ProcessIdentity(pid: environment.processID, startTicks: 0, bootID: ""))
    var volumes = try VolumeWork.working(configuration, catalog: catalog)
    guard let recorded = try await begin(request, in: catalog, volumes) else {
      notifier.ready()
      return
    }
    if catalog.isNew || catalog.note != nil {
      try catalog.sources.refill(RepositoryKnowledge.lastSuccesses(of: scope.settings.repository))
    }
    // What only a run that has begun can give to its jobs: leases, and its name for hooks and plug-ins.
    scope.leasing = process.map { Leasing(catalog.leases, process: $0) }
    scope.run = recorded.record.id.description
    volumes.declarations = scope.volumes
    volumes.run = scope.run
    volumes.schedule = declared.name
    scope.volumeHost = volumes
    try await perform(
      recorded, try ScheduleRun(declared, in: scope, kinds: kinds), declared, configuration, catalog, scope)
  }

  /// Begins the run; nil if there is nothing to resume because the last one ended well.
  private func begin(
    _ request: RecordedRun.Request, in catalog: Catalog, _ volumes: VolumeHost
  ) async throws -> RecordedRun? {
    let environment = CommandEnvironment.current
    do {
      return try await RecordedRun(
        request, in: catalog, resumes: resume, volumes: volumes, clock: environment.clock)
    } catch let error as EngineError where error.code == .nothingToDo {
      for line in [error.message] + (error.hint.map { ["hint: \($0)"] } ?? []) { environment.messages.line(line) }
      return nil
    }
  }

  private func perform(
    _ recorded: RecordedRun, _ run: ScheduleRun, _ declared: Schedule, _ configuration: Configuration?,
    _ catalog: Catalog, _ scope: JobScope
  ) async throws {
    let environment = CommandEnvironment.current
    for remark in recorded.remarks { environment.messages.line(remark) }
    let beat = RunBeat(
      jobs: run.graph.jobs.count,
      notifier: ServiceNotifier(variables: environment.variables, processID: environment.processID),
      clock: environment.clock)
    let telling = RunTelling(
      schedule: declared.name, configuration: configuration, catalog: catalog,
      repository: scope.settings.repository, beat: beat, environment: environment)
    let control = RunControl()
    environment.cancellation.onCancel { control.cancel() }
    environment.abandonment.onCancel { control.abandon() }
    beat.start()
    telling.begun()
    let room = RoomWatch(
      repository: scope.settings.repository, jobs: run.producingJobs, environment: environment)
    let (summary, record) = try await recorded.run(
      run, observers: [beat, RunLog(output: output, environment: environment), room, telling], control: control)
    await telling.ended(record, summary)
    beat.stop()
    try RunReport(schedule: declared.name, run: record.id.description, summary).print(output)
    switch summary.result {
    case .ok: return
    case .degraded: throw ExitWith(status: .degraded)
    case .failed, .interrupted: throw ExitWith(status: .failed)
    }
  }
}
