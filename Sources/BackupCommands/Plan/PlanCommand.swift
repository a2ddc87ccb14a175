import ArgumentParser
import BackupCatalog
import BackupEngine
import BackupModel
import BackupPolicy
import HostSystem
import JobEngine

/// Shows what a run of a schedule would do.
struct PlanCommand: AsyncParsableCommand {
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case tree, mermaid, dot, json
  }

  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Show what a run of a schedule would do: jobs, sources, last results, estimates.",
    discussion: """
      Nothing is started and nothing is written. Tasks of a job that works on the results of others are known only while \
      it runs; shown are those that its last run had.

      EXAMPLES:
        backupctl plan weekly
        backupctl plan schedules/weekly.yaml --format mermaid

      \(ExitStatus.help([.ok, .noRepository, .usage]))
      """)

  @Argument(help: ArgumentHelp("The schedule: a file, or a name in the directory of schedules.", valueName: "schedule"))
  var schedule: String

  @Option(help: "tree, mermaid, dot or json.")
  var format: Format?

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var state: StateOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let environment = CommandEnvironment.current
    let configuration = try repository.configuration()
    let files = try ScheduleFiles(configuration)
    let declared = try files.load(schedule)
    let catalog = try state.readCatalog(configuration)
    var scope = try RunScope.make(declared, configuration, repository, scratch: "/var/tmp")
    var volumes = VolumeWork.looking(configuration, catalog: catalog)
    volumes.declarations = scope.volumes
    scope.volumeHost = volumes
    let run = try ScheduleRun(declared, in: scope, kinds: try await files.kinds.describing(declared))
    let tasks = try await Self.tasks(of: run, schedule: declared.name, catalog)
    let plan = GraphPlan(declared.name, graph: run.graph, tasks: tasks)
    let archived = run.producingJobs.flatMap { tasks[$0] ?? [] }.compactMap { SourceID(parsing: $0.subject) }
    for line in RoomWatch.warnings(Set(archived).sorted(), in: scope.settings.repository) {
      environment.messages.line(line)
    }
    switch format ?? (output.json ? .json : .tree) {
    case .tree:
      for line in PlanTree(plan).lines() { environment.output.line(line) }
    case .mermaid: environment.output.write(PlanDiagram(plan).mermaid.utf8)
    case .dot: environment.output.write(PlanDiagram(plan).dot.utf8)
    case .json: environment.output.line(try JSONText.encode(PlanDocument(plan)))
    }
  }

  /// The tasks of each job: as a run would find them now, else those that the last run had.
  private static func tasks(
    of run: ScheduleRun, schedule: String, _ catalog: Catalog?
  ) async throws -> [String: [GraphPlan.Task]] {
    let last = try catalog?.runs.latest(ofSchedule: schedule, limit: 1).first
    let records = try last.map { try catalog?.runs.jobs(of: $0.id) ?? [] } ?? []
    let state = last?.effectiveState ?? .ok
    let results = Dictionary(
      records.flatMap(\.tasks).map { ($0.name, $0.state.within(state).rawValue) },
      uniquingKeysWith: { first, _ in first })
    let durations = try catalog?.runs.typicalDurations(ofSchedule: schedule) ?? [:]
    var tasks: [String: [GraphPlan.Task]] = [:]
    for (job, planned) in try await run.firstTasks() {
      tasks[job] = planned.map { task in
        let name = TaskName(job: job, subject: task.subject.description)
        return GraphPlan.Task(
          name.subject, lastResult: results[name], staleness: task.staleness,
          estimate: durations[name] ?? task.expectedDuration)
      }
    }
    for job in records where tasks[job.name] == nil && !job.tasks.isEmpty {
      tasks[job.name] = job.tasks.map { task in
        GraphPlan.Task(task.name.subject, lastResult: task.state.within(state).rawValue, estimate: durations[task.name])
      }
    }
    return tasks
  }
}
