public import BackupModel
public import BackupPolicy
import HostSystem
public import JobEngine

/// One execution of a schedule: its graph, checked as a whole before anything starts.
public struct ScheduleRun: Sendable {
  private let graph: JobGraph
  private let bodies: [String: any JobBody<SourceID>]

  /// A resource of jobs that name none, so that a job of many sources doesn't start all its tasks at once.
  private static let machine = "(machine)"

  /// Checks a schedule.
  ///
  /// - Throws: `PolicyError` if a declaration doesn't fit its kind or names what doesn't exist.
  public init(_ schedule: Schedule, in scope: JobScope) throws {
    var bodies: [String: any JobBody<SourceID>] = [:]
    for job in schedule.jobs {
      guard let kind = JobKinds.kind(named: job.kind) else {
        throw PolicyError(at: job.location, "job `\(job.name)` has the unknown kind `\(job.kind)`")
      }
      bodies[job.name] = try kind.body(of: job, in: scope)
    }
    self.bodies = bodies
    do throws(JobEngineError) {
      graph = try JobGraph(
        jobs: schedule.jobs.map(Self.node),
        capacities: schedule.resources.merging([Self.machine: availableProcessors()]) { given, _ in given })
    } catch {
      throw PolicyError(message: "cannot run the schedule \(schedule.name): \(error.message)", hint: error.hint)
    }
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
  /// - Throws: ``JobEngineError`` if a job has no body, which the initializer rules out.
  public func run(observer: any RunObserver<SourceID>) async throws -> RunSummary<SourceID> {
    try await JobRunner(graph: graph, bodies: bodies, observer: observer, clock: ContinuousClock()).run()
  }
}
