public import BackupModel
public import BackupPolicy
import HostSystem
public import JobEngine

/// One execution of a schedule: its graph, checked as a whole before anything starts.
public struct ScheduleRun: Sendable {
  /// The graph.
  public let graph: JobGraph
  /// The jobs whose tasks make points.
  public let producingJobs: Set<String>
  private let bodies: [String: any JobBody<SourceID>]

  /// A resource of jobs that name none, so that a job of many sources doesn't start all its tasks at once.
  private static let machine = "(machine)"

  /// Checks a schedule.
  ///
  /// - Parameter kinds: the kinds that there are, its plug-ins asked by ``JobKindRegistry/describing(_:)``.
  /// - Throws: `PolicyError` if a declaration doesn't fit its kind or names what doesn't exist.
  public init(_ schedule: Schedule, in scope: JobScope, kinds: JobKindRegistry = .builtIn) throws {
    var bodies: [String: any JobBody<SourceID>] = [:]
    var producing: Set<String> = []
    for job in schedule.jobs {
      bodies[job.name] = try kinds.body(of: job, in: scope)
      if kinds.makesPoints(job.kind) { producing.insert(job.name) }
    }
    self.bodies = bodies
    producingJobs = producing
    do throws(JobEngineError) {
      graph = try JobGraph(
        jobs: schedule.jobs.map(Self.node),
        capacities: schedule.resources.merging([Self.machine: availableProcessors()]) { given, _ in given },
        budget: schedule.budget)
    } catch {
      throw PolicyError(message: "cannot run the schedule \(schedule.name): \(error.message)", hint: error.hint)
    }
  }

  /// Runs a graph whose bodies don't come from a schedule, such as one that measures the engine.
  ///
  /// - Parameter bodies: what each job does, by its name.
  public init(graph: JobGraph, bodies: [String: any JobBody<SourceID>], producingJobs: Set<String> = []) {
    self.graph = graph
    self.bodies = bodies
    self.producingJobs = producingJobs
  }

  private static func node(of job: JobDeclaration) -> JobNode {
    JobNode(
      job.name,
      needs: job.of.map { JobNode.Need.of($0) }
        + job.after.filter { !job.of.contains($0) }.map { JobNode.Need.after($0) },
      condition: JobNode.Condition(rawValue: job.when.rawValue) ?? .success,
      resources: job.uses.isEmpty ? [machine] : job.uses, timeout: job.timeout,
      retry: RetryPolicy(attempts: job.retry.attempts, backoff: job.retry.backoff))
  }

  /// Runs the graph to its end; cancelling the calling task interrupts the run, and waits for clean-up.
  ///
  /// - Parameters:
  ///   - finished: tasks that needn't be done again, because the run that this one resumes did them.
  ///   - control: interrupts the run, as a signal does.
  /// - Throws: ``JobEngineError`` if a job has no body, which the initializer rules out.
  public func run(
    finished: [FinishedTask<SourceID>] = [], observer: any RunObserver<SourceID>, control: RunControl = RunControl()
  ) async throws -> RunSummary<SourceID> {
    try await JobRunner(
      graph: graph, bodies: bodies, finished: finished, observer: observer, clock: ContinuousClock()
    ).run(control: control)
  }

  /// Finds the tasks of the jobs that need no other ones, for showing what a run would do.
  ///
  /// - Returns: by the jobs' names; a job whose tasks follow from those of others isn't there.
  public func firstTasks() async throws -> [String: [PlannedTask<SourceID>]] {
    var tasks: [String: [PlannedTask<SourceID>]] = [:]
    for job in graph.jobs where !job.needs.contains(where: { $0.kind == .of }) {
      tasks[job.name] = try await bodies[job.name]?.expand([])
    }
    return tasks
  }
}
