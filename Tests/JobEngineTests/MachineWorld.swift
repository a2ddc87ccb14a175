@testable import JobEngine

/// A broken promise of the state machine.
struct Violation: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// What surrounds a machine: it performs actions by remembering them and checks every promise on the way.
///
/// It keeps its own books from the actions alone, so that a fault of the machine can't hide itself.
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
  private(set) var isCancelled = false
  private(set) var result: RunResult?
  private(set) var endedJobs: [String: JobState] = [:]
  private var endedTasks: [ID: TaskState] = [:]
  private var plannedTasks: Set<ID> = []
  private var lastAttempts: [ID: Int] = [:]
  private var now = Duration.zero

  init(_ graph: JobGraph) {
    self.graph = graph
    machine = Machine(graph: graph)
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
    if expansions.isEmpty, attempts.isEmpty, timers.isEmpty, result == nil { throw Violation("the run is stuck") }
    if result != nil { try checkEnd() }
  }

  private mutating func note(_ event: Machine.Event) {
    switch event {
    case .jobExpanded(let job, _), .jobExpansionFailed(let job, _): expansions[job] = nil
    case .taskFinished(let id, let attempt, _), .taskFailed(let id, let attempt, _):
      if attempts[id] == attempt {
        attempts[id] = nil
        stopping.remove(id)
      }
    case .timerFired(let timer): timers.removeAll { $0 == timer }
    case .cancelRequested: isCancelled = true
    case .started: break
    }
  }

  private mutating func perform(_ action: Machine.Action, _ previous: Machine.Action?) throws {
    switch action {
    case .record(let event): try keep(event)
    case .expand(let job, let inputs):
      try check(previous == .record(.jobExpanding(job: job)), "expanded \(job) before recording it")
      try checkStart(of: job, on: inputs)
      try check(!isCancelled, "expanded \(job) after the cancel request")
      expansions[job] = inputs
    case .cancelExpansion(let job):
      try check(expansions[job] != nil, "cancelled the expansion of \(job), which isn't running")
    case .start(let id, _, let attempt):
      try check(previous == .record(.taskStarting(id, attempt: attempt)), "started \(id) before recording it")
      try check(!isCancelled, "started \(id) after the cancel request")
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
      try check(!timers.contains(timer), "set \(timer) twice")
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
    case .taskEnded(let task):
      try check(endedTasks.updateValue(task.state, forKey: task.id) == nil, "ended \(task.id) twice")
      try check(task.state.isTerminal, "ended \(task.id) as \(task.state)")
      try check(attempts[task.id] == nil, "ended \(task.id) while it was running")
    case .taskStopping(let id, _):
      try check(attempts[id] != nil, "stops \(id), which isn't running")
    case .runStarted, .jobExpanding, .taskStarting, .taskRetrying, .cancelRequested, .runEnded: break
    }
  }

  private func checkStart(of name: String, on inputs: [JobInput<String>]) throws {
    let job = try requireJob(name)
    let needs = try job.needs.map { need in
      guard let state = endedJobs[need.job] else { throw Violation("\(name) started before \(need.job) had ended") }
      return (need.kind, state)
    }
    switch job.condition {
    case .always: break
    case .failure: try check(needs.contains { $0.1.stemsFromFailure }, "\(name) started though nothing failed")
    case .success:
      try check(inputs.allSatisfy(\.state.isUsable), "\(name) builds on a task that isn't usable")
      for (kind, state) in needs where !state.isSuccess {
        try check(kind == .of && !inputs.isEmpty, "\(name) started after a failed need")
      }
    }
  }

  private func checkCapacities() throws {
    for (resource, capacity) in graph.capacities {
      let users = attempts.keys.count { graph[$0.job]?.resources.contains(resource) ?? false }
      try check(users <= capacity, "\(users) tasks hold \(resource), which has capacity \(capacity)")
    }
  }

  private func checkEnd() throws {
    try check(expansions.isEmpty && attempts.isEmpty, "the run ended while something was running")
    try check(timers.isEmpty, "the run ended with timers set: \(timers)")
    try check(plannedTasks.isSubset(of: endedTasks.keys), "a planned task never ended")
    try check(Set(graph.jobs.map(\.name)) == Set(endedJobs.keys), "a job never ended")
    for job in graph.jobs {
      if case .skipped = endedJobs[job.name] { try check(job.condition != .always, "\(job.name) was skipped") }
      if endedJobs[job.name] == .cancelled { try check(isCancelled, "\(job.name) was cancelled unasked") }
    }
    let states = Set(endedTasks.values)
    let summary = machine.summary
    try check(summary.result == result, "the summary says \(summary.result)")
    try check(
      Dictionary(uniqueKeysWithValues: summary.tasks.map { ($0.id, $0.state) }) == endedTasks,
      "the summary disagrees with what was recorded")
    switch result {
    case .ok: try check(states.isSubset(of: [.succeeded]), "ok in spite of \(states)")
    case .degraded: try check(states.isDisjoint(with: [.failed, .timedOut, .cancelled]), "degraded with \(states)")
    case .failed: try check(endedJobs.values.contains(.failed), "failed without a failed job")
    case .interrupted: try check(isCancelled, "interrupted unasked")
    case nil: break
    }
    try check(isCancelled == (result == .interrupted), "cancelled, but \(String(describing: result))")
  }

  private func requireJob(_ name: String) throws -> JobNode {
    guard let job = graph[name] else { throw Violation("unknown job \(name)") }
    return job
  }

  private func check(_ condition: Bool, _ violation: @autoclosure () -> String) throws {
    if !condition { throw Violation(violation()) }
  }

  /// All that decides what the machine does next; texts and times don't.
  ///
  /// Much of it follows from the rest as long as the machine is right, and is here for when it isn't.
  var fingerprint: [Int] {
    var hasher = Hasher()
    hasher.combine(isCancelled)
    hasher.combine(machine.timers)
    hasher.combine(machine.pool)
    var words = [hasher.finalize()]
    for job in machine.jobs {
      var hasher = Hasher()
      hasher.combine(job.state)
      hasher.combine(job.expansionStop)
      hasher.combine(job.ready)
      hasher.combine(job.unendedTasks)
      for task in job.tasks {
        hasher.combine(task.phase)
        hasher.combine(task.attempts)
        hasher.combine(task.id.subject)
      }
      words.append(hasher.finalize())
    }
    return words
  }
}
