@testable import JobEngine

/// What surrounds a machine: it performs actions by remembering them and checks every promise on the way.
///
/// It keeps its own books from the actions alone, so that a fault of the machine can't hide itself. That the machine
/// always ends is shown by its not being stuck as long as it runs, by everything that it waits for (an expansion, an
/// attempt, a timer) being asked for at most once, and by a timer being set for whatever has a limit and may stay deaf:
/// what is finite and used up comes to an end.
struct MachineWorld {
  typealias Machine = RunMachine<String>
  typealias ID = TaskID<String>

  let graph: JobGraph
  private(set) var machine: Machine
  private(set) var expansions: [String: [JobInput<String>]] = [:]
  private(set) var attempts: [ID: Int] = [:]
  /// In the order in which they were set, so that a seed always gives the same run.
  private(set) var timers: [Machine.TimerID] = []
  private(set) var cancelledTimers: [Machine.TimerID] = []
  private(set) var stopping: Set<ID> = []
  private(set) var stoppingExpansions: Set<String> = []
  private(set) var abandoned: [ID: Int] = [:]
  private(set) var abandonedExpansions: Set<String> = []
  private(set) var isCancelled = false
  private(set) var isAbandoning = false
  private(set) var isBudgetExhausted = false
  private(set) var result: RunResult?
  private(set) var endedJobs: [String: JobState] = [:]
  /// What would be known of the run, had the process died now: what it and those before it have recorded as done.
  private(set) var durable: [ID: FinishedTask<String>]
  private(set) var endedTasks: [ID: TaskState] = [:]
  private(set) var plannedTasks: Set<ID> = []
  private var lastAttempts: [ID: Int] = [:]
  private var timersEverSet: Set<Machine.TimerID> = []
  private var expansionsEver: Set<String> = []
  private var now = Duration.zero

  /// The world of a new process, which resumes what is recorded as finished.
  init(_ graph: JobGraph, finished: [ID: FinishedTask<String>] = [:]) {
    self.graph = graph
    durable = finished
    machine = Machine(graph: graph, finished: Array(finished.values))
  }

  mutating func apply(_ event: Machine.Event, after wait: Duration = .zero) throws {
    now += wait
    let wasFinished = result != nil
    note(event)
    var previous: Machine.Action?
    for action in machine.handle(event, at: now) {
      if wasFinished { throw Violation("\(action) after the run had ended") }
      try perform(action, previous)
      previous = action
    }
    try checkCapacities()
    try checkLimits()
    if result == nil { try check(isWaiting, "the run is stuck") } else { try checkEnd() }
  }

  /// Whether something will happen that moves the run on; its budget alone must never be what does.
  private var isWaiting: Bool {
    !expansions.isEmpty || !attempts.isEmpty || timers.contains { $0 != .runBudget }
  }

  private mutating func note(_ event: Machine.Event) {
    switch event {
    case .jobExpanded(let job, _), .jobExpansionFailed(let job, _):
      expansions[job] = nil
      stoppingExpansions.remove(job)
    case .taskFinished(let id, let attempt, _), .taskFailed(let id, let attempt, _):
      if attempts[id] == attempt {
        attempts[id] = nil
        stopping.remove(id)
      }
    case .timerFired(let timer): timers.removeAll { $0 == timer }
    case .cancelRequested: isCancelled = true
    case .abandonRequested: (isCancelled, isAbandoning) = (true, true)
    case .started: break
    }
  }

  private mutating func perform(_ action: Machine.Action, _ previous: Machine.Action?) throws {
    switch action {
    case .record(let event): try keep(event)
    case .expand(let job, let inputs):
      try check(previous == .record(.jobExpanding(job: job)), "expanded \(job) before recording it")
      try checkMayStart(job)
      try checkNeeds(of: job, inputs)
      try check(expansionsEver.insert(job).inserted, "expanded \(job) twice")
      expansions[job] = inputs
    case .cancelExpansion(let job):
      try check(expansions[job] != nil, "cancelled the expansion of \(job), which isn't running")
      try check(stoppingExpansions.insert(job).inserted, "cancelled the expansion of \(job) twice")
    case .start(let id, _, let attempt):
      try check(previous == .record(.taskStarting(id, attempt: attempt)), "started \(id) before recording it")
      try checkMayStart(id.job)
      try check(plannedTasks.contains(id), "started \(id), which isn't planned")
      try check(durable[id] == nil, "started \(id), which is recorded as done")
      try check(endedTasks[id] == nil, "started \(id), which has ended")
      try check(attempts[id] == nil, "started \(id), which is running")
      try check(attempt == lastAttempts[id, default: 0] + 1, "started attempt \(attempt) of \(id) out of turn")
      try check(attempt <= graph[id.job]?.retry.attempts ?? 0, "started \(id) once too often")
      lastAttempts[id] = attempt
      attempts[id] = attempt
    case .cancelTask(let id):
      try check(attempts[id] != nil, "cancelled \(id), which isn't running")
      try check(stopping.insert(id).inserted, "cancelled \(id) twice")
    case .setTimer(let timer, _):
      try check(timersEverSet.insert(timer).inserted, "set \(timer) twice")
      timers.append(timer)
      if case .retry(let id, _) = timer { try check(endedTasks[id] == nil, "retries \(id), which has ended") }
    case .cancelTimer(let timer):
      try check(timers.contains(timer), "cancelled \(timer), which isn't set")
      timers.removeAll { $0 == timer }
      cancelledTimers.append(timer)
    case .finishRun(let ended):
      try check(result == nil, "ended the run twice")
      result = ended
    }
  }

  private mutating func keep(_ event: RunEvent<String>) throws {
    switch event {
    case .jobExpanded(let job, let tasks):
      plannedTasks.formUnion(tasks.map { ID(job: job, subject: $0.subject) })
    case .jobEnded(let job, let state, _):
      try check(endedJobs.updateValue(state, forKey: job) == nil, "ended \(job) twice")
      try check(state.isTerminal, "ended \(job) as \(state)")
      if expansions.removeValue(forKey: job) != nil {
        try checkAbandoning(stoppingExpansions.contains(job), .expansionCleanUp(job: job))
        abandonedExpansions.insert(job)
      }
    case .taskEnded(let task):
      if task.wasAbandoned {
        try checkAbandoning(stopping.contains(task.id), .cleanUp(task.id))
        abandoned[task.id] = attempts.removeValue(forKey: task.id)
      }
      try end(task)
      try checkReason(for: task)
      if let done = FinishedTask(task) { durable[task.id] = done }
    case .taskReused(let task):
      try check(durable[task.id]?.state == task.state, "reused \(task.id), which isn't recorded as done")
      try check(task.attempts == 0, "reused \(task.id) after having started it")
      try end(task)
    case .taskStopping(let id, _):
      try check(attempts[id] != nil, "stops \(id), which isn't running")
    case .budgetExhausted: isBudgetExhausted = true
    case .runStarted, .jobExpanding, .taskStarting, .taskRetrying, .cancelRequested, .abandonRequested, .runEnded:
      break
    }
  }

  private mutating func end(_ task: TaskSummary<String>) throws {
    try check(endedTasks.updateValue(task.state, forKey: task.id) == nil, "ended \(task.id) twice")
    try check(task.state.isTerminal, "ended \(task.id) as \(task.state)")
    try check(attempts[task.id] == nil, "ended \(task.id) while it was running")
  }

  private func checkAbandoning(_ wasStopped: Bool, _ limit: Machine.TimerID) throws {
    try check(wasStopped, "abandoned what was not told to stop (\(limit))")
    try check(
      isAbandoning || timersEverSet.contains(limit) && !timers.contains(limit),
      "abandoned before the time had come (\(limit))")
  }
}
