/// Performs runs of a graph.
///
/// Each call of `run()` is one run. Cancelling the Swift task that calls it interrupts the run: running bodies are
/// cancelled, their clean-up is waited for, nothing else starts, and the summary still comes.
public struct JobRunner<Subject: TaskSubject>: Sendable {
  private let graph: JobGraph
  private let bodies: [String: any JobBody<Subject>]
  private let observer: any RunObserver<Subject>
  private let clock: any Clock<Duration>

  /// Makes a runner.
  ///
  /// - Parameter bodies: What each job does, by its name; bodies for jobs that the graph lacks are ignored.
  /// - Throws: `JobEngineError` with the code `missingBody`.
  public init(
    graph: JobGraph, bodies: [String: any JobBody<Subject>], observer: any RunObserver<Subject>,
    clock: any Clock<Duration>
  ) throws(JobEngineError) {
    for job in graph.jobs where bodies[job.name] == nil { throw .missingBody(job.name) }
    self.graph = graph
    self.bodies = bodies
    self.observer = observer
    self.clock = clock
  }

  /// Runs the graph to its end.
  ///
  /// It doesn't throw: what failed is in the summary, whose result says how the run ended. When it returns, no body
  /// is running any more.
  public func run() async -> RunSummary<Subject> {
    let (events, sender) = AsyncStream.makeStream(of: RunMachine<Subject>.Event.self)
    let execution = RunExecution(graph: graph, bodies: bodies, observer: observer, clock: clock, sender: sender)
    // First of all, even if the calling task is cancelled already.
    sender.yield(.started)
    // A task of its own, since iterating over a stream ends when the iterating task is cancelled, and because
    // records must not be made in a cancelled task.
    let steps = Task { await execution.run(events) }
    return await withTaskCancellationHandler {
      await steps.value
    } onCancel: {
      sender.yield(.cancelRequested)
    }
  }
}
