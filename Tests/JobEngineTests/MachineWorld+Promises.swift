@testable import JobEngine

/// The promises that are checked by looking at the books.
extension MachineWorld {
  func checkMayStart(_ job: String) throws {
    try check(!isCancelled, "started \(job) after the cancel request")
    if isBudgetExhausted, graph[job]?.condition == .success {
      throw Violation("started \(job) after the run's budget was used up")
    }
  }

  func checkNeeds(of name: String, _ inputs: [JobInput<String>]) throws {
    guard let job = graph[name] else { throw Violation("unknown job \(name)") }
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

  /// What is abandoned may still use its resources, so it counts as much as what runs.
  func checkCapacities() throws {
    for (resource, capacity) in graph.capacities {
      let users = attempts.keys.count { uses($0, resource) } + abandoned.keys.count { uses($0, resource) }
      try check(users <= capacity, "\(users) tasks hold \(resource), which has capacity \(capacity)")
    }
  }

  /// Whatever has a limit has a timer, so that the run ends though nothing that was started ever answers.
  func checkLimits() throws {
    for (id, attempt) in attempts {
      if stopping.contains(id) {
        try check(timers.contains(.cleanUp(id)), "waits for \(id) to stop without a limit")
      } else if graph[id.job]?.timeout != nil {
        try check(timers.contains(.attempt(id, attempt)), "runs \(id) without its time limit")
      }
    }
    for job in expansions.keys {
      if stoppingExpansions.contains(job) {
        try check(timers.contains(.expansionCleanUp(job: job)), "waits for \(job) to stop without a limit")
      } else if graph[job]?.timeout != nil {
        try check(timers.contains(.expansion(job: job)), "expands \(job) without its time limit")
      }
    }
  }

  private func uses(_ id: ID, _ resource: String) -> Bool { graph[id.job]?.resources.contains(resource) ?? false }

  /// A task that never started must have had a reason.
  func checkReason(for task: TaskSummary<String>) throws {
    switch task.state {
    case .skipped(.runBudget): try check(isBudgetExhausted, "skipped \(task.id) though there was time")
    case .failed where task.attempts == 0:
      let isBarred = graph.capacities.contains { resource, capacity in
        uses(task.id, resource) && abandoned.keys.count { uses($0, resource) } >= capacity
      }
      try check(isBarred, "failed \(task.id) though it could have started")
    case .cancelled: try check(isCancelled, "cancelled \(task.id) unasked")
    default: break
    }
  }

  func checkEnd() throws {
    try check(expansions.isEmpty && attempts.isEmpty, "the run ended while something was running")
    try check(timers.isEmpty, "the run ended with timers set: \(timers)")
    try check(plannedTasks.isSubset(of: endedTasks.keys), "a planned task never ended")
    try check(Set(graph.jobs.map(\.name)) == Set(endedJobs.keys), "a job never ended")
    for job in graph.jobs {
      if case .skipped = endedJobs[job.name] { try check(job.condition != .always, "\(job.name) was skipped") }
      if endedJobs[job.name] == .cancelled { try check(isCancelled, "\(job.name) was cancelled unasked") }
    }
    let summary = machine.summary
    try check(summary.result == result, "the summary says \(summary.result)")
    try check(
      Dictionary(uniqueKeysWithValues: summary.tasks.map { ($0.id, $0.state) }) == endedTasks,
      "the summary disagrees with what was recorded")
    try checkResult()
  }

  private func checkResult() throws {
    let tasks = Set(endedTasks.values)
    let jobs = endedJobs.values
    switch result {
    case .ok:
      try check(tasks.isSubset(of: [.succeeded]), "ok in spite of \(tasks)")
      try check(
        jobs.allSatisfy { $0 == .succeeded || !$0.isIncomplete && !$0.stemsFromFailure && $0.isTerminal },
        "ok in spite of \(jobs)")
    case .degraded: try check(tasks.isDisjoint(with: [.failed, .timedOut, .cancelled]), "degraded with \(tasks)")
    case .failed: try check(jobs.contains(.failed), "failed without a failed job")
    case .interrupted: try check(isCancelled, "interrupted unasked")
    case nil: break
    }
    try check(isCancelled == (result == .interrupted), "cancelled, but \(String(describing: result))")
  }

  /// All that decides what the machine does next; texts and times don't.
  ///
  /// Much of it follows from the rest as long as the machine is right, and is here for when it isn't.
  var fingerprint: Int {
    var hasher = Hasher()
    hasher.combine(isCancelled)
    hasher.combine(isBudgetExhausted)
    hasher.combine(timers.count)
    hasher.combine(machine.timers)
    hasher.combine(machine.pool)
    for job in machine.jobs {
      hasher.combine(job.state)
      hasher.combine(job.expansionStop)
      hasher.combine(job.unendedTasks)
      hasher.combine(job.openNeeds)
      for task in job.tasks {
        hasher.combine(task.phase)
        hasher.combine(task.attempts)
        hasher.combine(task.isAbandoned)
        hasher.combine(task.id.subject)
        // What is recorded as done decides what a resumed run does.
        hasher.combine(durable[task.id]?.grade)
      }
    }
    // Jobs that haven't found their tasks may be about to find some of these; dictionaries have no order.
    var others = 0
    for (id, task) in durable where !plannedTasks.contains(id) {
      var words = Hasher()
      words.combine(id)
      words.combine(task.grade)
      others ^= words.finalize()
    }
    hasher.combine(others)
    return hasher.finalize()
  }
}
