/// Performs runs of a graph.
///
/// Each call of `run(control:)` is one run. Cancelling the Swift task that calls it interrupts the run: running bodies
/// are cancelled, their clean-up is waited for within the graph's limit, nothing else starts, and the summary still comes.
public struct JobRunner<Subject: TaskSubject>: Sendable {
  private let graph: JobGraph
  private let bodies: [String: any JobBody<Subject>]
  private let finished: [FinishedTask<Subject>]
  private let observer: any RunObserver<Subject>
  private let clock: any Clock<Duration>

  /// Makes a runner.
  ///
  /// - Parameters:
  ///   - bodies: What each job does, by its name; bodies for jobs that the graph lacks are ignored.
  ///   - finished: To resume a run, the tasks that it ended well. Jobs are asked for their tasks as ever; of those
  ///     planned again these end at once, with the results they left, and are never started.
  /// - Throws: `JobEngineError` with the code `missingBody`.
  public init(
    graph: JobGraph, bodies: [String: any JobBody<Subject>], finished: [FinishedTask<Subject>] = [],
    observer: any RunObserver<Subject>, clock: any Clock<Duration>
  ) throws(JobEngineError) {
    for job in graph.jobs where bodies[job.name] == nil { throw .missingBody(job.name) }
    self.graph = graph
    self.bodies = bodies
    self.finished = finished
    self.observer = observer
    self.clock = clock
  }

  /// Runs the graph to its end.
  ///
  /// It doesn't throw: what failed is in the summary, whose result says how the run ended. When it returns, no body is
  /// running any more, except those of tasks that the summary calls abandoned, and expansions that didn't stop.
  ///
  /// - Parameter control: Interrupts this run from elsewhere, as a signal does.
  public func run(control: RunControl = RunControl()) async -> RunSummary<Subject> {
    let events = EventQueue<RunMachine<Subject>.Event>()
    let execution = RunExecution(
      machine: RunMachine(graph: graph, finished: finished), bodies: bodies, observer: observer, clock: clock,
      events: events)
    // First of all, even if the calling task is cancelled already.
    events.send(.started)
    control.attach { request in
      switch request {
      case .cancel: events.send(.cancelRequested)
      case .abandon: events.send(.abandonRequested)
      }
    }
    // A task of its own, since records must not be made in a cancelled task.
    let steps = Task { await execution.run() }
    return await withTaskCancellationHandler {
      await steps.value
    } onCancel: {
      events.send(.cancelRequested)
    }
  }
}
