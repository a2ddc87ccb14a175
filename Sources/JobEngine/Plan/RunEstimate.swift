/// How long a whole run will probably take.
///
/// Found by letting the run's own state machine order the tasks, each taking its expected time and succeeding (list
/// scheduling: whatever comes first starts as soon as its resources are free). Finding tasks, waits before further
/// attempts and jobs that run only after a failure count as nothing; the budget of the run is left aside.
public struct RunEstimate: Hashable, Sendable {
  /// The expected time from start to end.
  public let duration: Duration
  /// The tasks whose time isn't known, counted as none.
  public let unknownTasks: Int
  /// The jobs whose tasks aren't known.
  public let unknownJobs: Int

  /// Whether the time of everything is known.
  public var isComplete: Bool { unknownTasks == 0 && unknownJobs == 0 }

  /// Estimates a run of a plan.
  public init(_ plan: GraphPlan) {
    let tasks = plan.jobs.flatMap { $0.tasks ?? [] }
    unknownTasks = tasks.count { $0.estimate == nil }
    unknownJobs = plan.jobs.count { $0.tasks == nil && $0.node.condition != .failure }
    var rehearsal = Rehearsal(plan)
    duration = rehearsal.run()
  }

  /// The estimate as a clause: `about 3h 20m`, `at least 3h 20m`, `duration unknown`.
  public var text: String {
    if isComplete { return "about \(duration.text)" }
    return duration == .zero ? "duration unknown" : "at least \(duration.text)"
  }
}

/// A run in which everything takes its expected time and succeeds.
private struct Rehearsal {
  typealias Machine = RunMachine<Int>

  private let jobs: [String: GraphPlan.Job]
  private var machine: Machine
  private var now = Duration.zero
  /// Attempts that run, the next to end last.
  private var running: [(end: Duration, id: TaskID<Int>)] = []

  init(_ plan: GraphPlan) {
    jobs = Dictionary(uniqueKeysWithValues: plan.jobs.map { ($0.node.name, $0) })
    machine = Machine(graph: plan.graph)
  }

  mutating func run() -> Duration {
    tell(.started)
    while let next = running.popLast() {
      now = next.end
      tell(.taskFinished(next.id, attempt: 1, .succeeded))
    }
    return now
  }

  /// Timers are not for a rehearsal: no limit is exceeded in it.
  private mutating func tell(_ event: Machine.Event) {
    var events = [event]
    while let event = events.popLast() {
      for action in machine.handle(event, at: now) {
        switch action {
        case .expand(let job, _): events.append(.jobExpanded(job: job, tasks: plan(job)))
        case .start(let id, let plan, _): start(id, plan.expectedDuration ?? .zero)
        default: break
        }
      }
    }
  }

  private func plan(_ job: String) -> [PlannedTask<Int>] {
    (jobs[job]?.tasks ?? []).enumerated()
      .map { PlannedTask($0, staleness: $1.staleness, expectedDuration: $1.estimate) }
  }

  private mutating func start(_ id: TaskID<Int>, _ duration: Duration) {
    let end = now + duration
    var range = running.startIndex..<running.endIndex
    while !range.isEmpty {
      let middle = range.lowerBound + range.count / 2
      range = running[middle].end > end ? middle + 1..<range.upperBound : range.lowerBound..<middle
    }
    running.insert((end, id), at: range.lowerBound)
  }
}
