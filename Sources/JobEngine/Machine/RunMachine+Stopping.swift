extension RunMachine {
  /// Takes the firing of a timer; one that was cancelled in the meantime is ignored.
  mutating func fired(_ timer: TimerID) {
    guard timers.remove(timer) != nil else { return }
    switch timer {
    case .expansion(let name):
      guard let job = index.jobs[name], let limit = jobs[job].node.timeout else { return }
      stopExpansion(ofJob: job, cause: .timeLimit(limit))
    case .attempt(let id, _):
      guard let place = places[id], let limit = jobs[place.job].node.timeout else { return }
      stop(place, cause: .timeLimit(limit))
    case .retry(let id, _):
      guard let place = places[id] else { return }
      makeReady(place)
    case .budget(let id):
      guard let place = places[id] else { return }
      exhaustBudget(of: place)
    case .cleanUp(let id):
      guard let place = places[id] else { return }
      abandon(place, because: "did not stop within \(graph.cleanUpLimit.text)")
    case .expansionCleanUp(let name):
      guard let job = index.jobs[name] else { return }
      abandonExpansion(ofJob: job, because: "did not stop within \(graph.cleanUpLimit.text)")
    case .runBudget:
      guard let limit = graph.budget else { return }
      exhaustBudget(limit)
    }
  }

  private mutating func exhaustBudget(of place: TaskPlace) {
    guard let limit = jobs[place.job].node.taskBudget else { return }
    let task = jobs[place.job].tasks[place.task]
    switch task.phase {
    case .running: stop(place, cause: .budget(limit))
    case .ready, .backingOff:
      cancelTimer(.retry(task.id, attempt: task.attempts + 1))
      end(place, .timedOut, "\(StopCause.budget(limit))")
    case .ended: break
    }
  }

  /// Stops the run: what waits ends now, what runs is told to stop and ends when it has answered.
  mutating func cancel() {
    guard !isCancelling else { return }
    start()
    isCancelling = true
    record(.cancelRequested)
    cancelTimer(.runBudget)
    for job in jobs.indices {
      switch jobs[job].state {
      case .waiting: end(job: job, .cancelled, message: "cancelled before it started")
      case .expanding: stopExpansion(ofJob: job, cause: .interruption)
      case .running:
        for task in jobs[job].tasks.indices { stop(TaskPlace(job: job, task: task), cause: .interruption) }
        endWaitingTasks(ofJob: job, .interruption)
      case .succeeded, .degraded, .failed, .skipped, .cancelled: break
      }
    }
  }

  private mutating func stopExpansion(ofJob job: Int, cause: StopCause) {
    guard jobs[job].expansionStop == nil else { return }
    let name = jobs[job].node.name
    cancelTimer(.expansion(job: name))
    jobs[job].expansionStop = cause
    actions.append(.cancelExpansion(job: name))
    setTimer(.expansionCleanUp(job: name), after: graph.cleanUpLimit)
  }

  /// Tells a running task to stop, once: the first cause stands.
  private mutating func stop(_ place: TaskPlace, cause: StopCause) {
    let id = jobs[place.job].tasks[place.task].id
    guard case .running(stopping: nil) = jobs[place.job].tasks[place.task].phase else { return }
    jobs[place.job].tasks[place.task].phase = .running(stopping: cause)
    cancelTimer(.attempt(id, jobs[place.job].tasks[place.task].attempts))
    cancelTimer(.budget(id))
    record(.taskStopping(id, cause: cause))
    actions.append(.cancelTask(id))
    setTimer(.cleanUp(id), after: graph.cleanUpLimit)
  }
}
