extension RunMachine {
  /// Starts what can start, best first.
  mutating func startTasks() {
    while let (queue, next) = nextToStart() {
      queues[queue].removeFirst()
      start(TaskPlace(job: next.job, task: next.task))
    }
  }

  private mutating func nextToStart() -> (queue: Int, task: StartOrder)? {
    var best: (queue: Int, task: StartOrder)?
    for queue in queues.indices where pool.canTake(index.resourceSets[queue]) {
      guard let first = firstReady(inQueue: queue) else { continue }
      if best.map({ first < $0.task }) ?? true { best = (queue, first) }
    }
    return best
  }

  private mutating func firstReady(inQueue queue: Int) -> StartOrder? {
    while let first = queues[queue].first {
      if jobs[first.job].tasks[first.task].isReady { return first }
      queues[queue].removeFirst()
    }
    return nil
  }

  mutating func makeReady(_ place: TaskPlace) {
    jobs[place.job].tasks[place.task].phase = .ready
    queues[index.resourceSetOfJob[place.job]].insert(
      StartOrder(of: jobs[place.job].tasks[place.task].plan, job: place.job, task: place.task))
  }

  private mutating func start(_ place: TaskPlace) {
    let node = jobs[place.job].node
    pool.take(index.resources(ofJob: place.job))
    jobs[place.job].tasks[place.task].phase = .running(stopping: nil)
    jobs[place.job].tasks[place.task].attempts += 1
    let isFirst = jobs[place.job].tasks[place.task].firstStart == nil
    if isFirst { jobs[place.job].tasks[place.task].firstStart = now }
    let task = jobs[place.job].tasks[place.task]
    record(.taskStarting(task.id, attempt: task.attempts))
    actions.append(.start(task.id, plan: task.plan, attempt: task.attempts))
    if let limit = node.timeout { setTimer(.attempt(task.id, task.attempts), after: limit) }
    if isFirst, let limit = node.taskBudget { setTimer(.budget(task.id), after: limit) }
  }

  mutating func finished(_ id: TaskID<Subject>, _ attempt: Int, _ outcome: TaskOutcome) {
    guard let (place, stopping) = running(id, attempt) else { return }
    stoppedRunning(place)
    jobs[place.job].tasks[place.task].results = outcome.results
    switch stopping {
    case nil, .interruption:
      end(place, outcome.grade == .succeeded ? .succeeded : .degraded, outcome.message, outcome.details)
    case .some(let cause):
      // The work is done and later jobs can use it; that it took too long must still be seen.
      end(place, .degraded, "finished, but \(cause)", outcome.details + lines(outcome.message))
    }
  }

  mutating func failed(_ id: TaskID<Subject>, _ attempt: Int, _ failure: TaskFailure) {
    guard let (place, stopping) = running(id, attempt) else { return }
    stoppedRunning(place)
    let said = failure.kind == .cancelled ? [] : lines(failure.message)
    switch stopping {
    case .interruption: end(place, .cancelled, "cancelled while running", said + failure.details)
    case .some(let cause): end(place, .timedOut, "\(cause)", said + failure.details)
    case nil:
      let retry = jobs[place.job].node.retry
      guard failure.kind == .transient, attempt < retry.attempts else {
        end(place, .failed, failure.message, failure.details)
        return
      }
      if let bar = bar(toJob: place.job) {
        end(place, .failed, failure.message, failure.details + ["not tried again: \(bar.clause)"])
        return
      }
      let wait = retry.wait(beforeAttempt: attempt + 1)
      jobs[place.job].tasks[place.task].phase = .backingOff
      jobs[place.job].tasks[place.task].lastFailure = failure
      record(.taskRetrying(id, nextAttempt: attempt + 1, after: wait, failure: failure))
      setTimer(.retry(id, attempt: attempt + 1), after: wait)
    }
  }

  private func lines(_ message: String) -> [String] { message.isEmpty ? [] : [message] }

  /// The place of a task and why it was told to stop, if that attempt of it is running.
  private func running(_ id: TaskID<Subject>, _ attempt: Int) -> (TaskPlace, StopCause?)? {
    guard let place = places[id] else { return nil }
    let task = jobs[place.job].tasks[place.task]
    guard case .running(let stopping) = task.phase, task.attempts == attempt else { return nil }
    return (place, stopping)
  }

  private mutating func stoppedRunning(_ place: TaskPlace) {
    let task = jobs[place.job].tasks[place.task]
    pool.giveBack(index.resources(ofJob: place.job))
    cancelTimer(.attempt(task.id, task.attempts))
    cancelTimer(.cleanUp(task.id))
  }

  /// Ends a task that isn't running (any more).
  mutating func end(_ place: TaskPlace, _ state: TaskState, _ message: String, _ details: [String] = []) {
    let id = jobs[place.job].tasks[place.task].id
    cancelTimer(.budget(id))
    jobs[place.job].tasks[place.task].phase = .ended(state)
    jobs[place.job].tasks[place.task].end = now
    jobs[place.job].tasks[place.task].message = message
    jobs[place.job].tasks[place.task].details = details
    jobs[place.job].unendedTasks -= 1
    record(.taskEnded(jobs[place.job].tasks[place.task].summary(at: now)))
    if jobs[place.job].unendedTasks == 0 { endByTasks(job: place.job) }
  }
}
