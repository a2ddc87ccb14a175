/// The rules of a run: takes events, returns actions, and does nothing else.
///
/// It has no clock and performs no I/O; the same events give the same actions. It guarantees, whatever order events
/// come in:
///
/// - no resource is held by more tasks than its capacity, and a task that was told to stop holds its resources until
///   its clean-up is over: for ever, if it is abandoned;
/// - each task ends exactly once, nothing is asked of a task that has ended, and no attempt starts twice;
/// - a task that the resumed run had finished is never started;
/// - a job starts only after all it needs have ended, and only as `StartRule` allows;
/// - after a cancel request nothing starts, and the run ends as soon as all that runs has answered or was abandoned;
/// - whatever was told to stop has the graph's `cleanUpLimit` to answer, so with a time limit on each job every run ends.
///
/// Among tasks that could start, the stalest comes first, then the longest, then the first declared. A task that
/// doesn't find its resources lets others pass: the disk is kept busy, and since tasks are finite none waits for ever.
public struct RunMachine<Subject: TaskSubject>: Hashable, Sendable {
  /// The graph that is run.
  public let graph: JobGraph
  /// How the run ended; nil until it has.
  public internal(set) var result: RunResult?

  let index: GraphIndex
  /// What the resumed run had finished.
  let reusable: [TaskID<Subject>: FinishedTask<Subject>]
  var jobs: [JobRecord<Subject>]
  var places: [TaskID<Subject>: TaskPlace] = [:]
  /// The tasks that could start, a queue for each of `GraphIndex.resourceSets`.
  var queues: [ReadyQueue]
  var pool: ResourcePool
  /// For each resource the tasks that were abandoned holding it.
  var abandonedHolders: [Int: [TaskID<Subject>]] = [:]
  var timers: Set<TimerID> = []
  var now = Duration.zero
  var hasStarted = false
  var isCancelling = false
  /// The budget of the run, once it is used up.
  var exhaustedBudget: Duration?
  var unendedJobs: Int
  /// The jobs whose needs have all ended, still to be looked at; empty between events.
  var startableJobs: [Int] = []
  /// The actions of the event at hand; empty between events.
  var actions: [Action] = []

  /// Where a task is in `jobs`.
  struct TaskPlace: Hashable, Sendable {
    let job: Int
    let task: Int
  }

  /// Makes a machine for one run of the graph.
  ///
  /// - Parameter finished: What an earlier run ended well. Tasks among them that are planned again end at once with
  ///   what is known of them; the others are ignored.
  public init(graph: JobGraph, finished: [FinishedTask<Subject>] = []) {
    self.graph = graph
    index = GraphIndex(graph)
    reusable = Dictionary(finished.map { ($0.id, $0) }) { _, last in last }
    jobs = graph.jobs.map { JobRecord(node: $0) }
    queues = index.resourceSets.map { _ in ReadyQueue() }
    pool = ResourcePool(capacities: index.capacities)
    unendedJobs = graph.jobs.count
  }

  /// What has become of the run so far.
  public var summary: RunSummary<Subject> {
    RunSummary(
      result: result ?? currentResult, duration: now, jobs: jobs.map { $0.summary(at: now) })
  }

  /// Takes an event and returns what is to be done, in order.
  ///
  /// - Parameter now: The time since the run started; one that lies before the last is taken for the last.
  public mutating func handle(_ event: Event, at now: Duration) -> [Action] {
    guard result == nil else { return [] }
    self.now = max(self.now, now)
    switch event {
    case .started: start()
    case .jobExpanded(let job, let tasks): expanded(job, tasks)
    case .jobExpansionFailed(let job, let failure): expansionFailed(job, failure)
    case .taskFinished(let id, let attempt, let outcome): finished(id, attempt, outcome)
    case .taskFailed(let id, let attempt, let failure): failed(id, attempt, failure)
    case .timerFired(let timer): fired(timer)
    case .cancelRequested: cancel()
    case .abandonRequested: abandonEverything()
    }
    if hasStarted { advance() }
    defer { actions = [] }
    return actions
  }

  mutating func start() {
    guard !hasStarted else { return }
    hasStarted = true
    startableJobs = index.topologicalOrder.filter { jobs[$0].openNeeds == 0 }
    record(.runStarted)
    if let budget = graph.budget { setTimer(.runBudget, after: budget) }
  }

  private mutating func advance() {
    startJobs()
    if !isCancelling { startTasks() }
    guard unendedJobs == 0 else { return }
    cancelTimer(.runBudget)
    let result = currentResult
    self.result = result
    record(.runEnded(summary))
    actions.append(.finishRun(result))
  }

  private var currentResult: RunResult {
    if isCancelling { return .interrupted }
    if jobs.contains(where: { $0.state == .failed }) { return .failed }
    return jobs.contains { $0.state.isIncomplete } ? .degraded : .ok
  }

  mutating func record(_ event: RunEvent<Subject>) {
    actions.append(.record(event))
  }

  mutating func setTimer(_ timer: TimerID, after wait: Duration) {
    timers.insert(timer)
    actions.append(.setTimer(timer, after: wait))
  }

  mutating func cancelTimer(_ timer: TimerID) {
    if timers.remove(timer) != nil { actions.append(.cancelTimer(timer)) }
  }
}
