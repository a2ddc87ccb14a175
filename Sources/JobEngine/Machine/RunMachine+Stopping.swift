extension RunMachine {
  /// Takes the firing of a timer; one that was cancelled in the meantime is ignored.
  mutating func fired(_ timer: TimerID) {
    guard timers.remove(timer) != nil else { return }
    switch timer {
    case .expansion(let job):
      guard let index = jobIndices[job], let limit = jobs[index].node.timeout else { return }
      stopExpansion(ofJob: index, cause: .timeLimit(limit))
    case .attempt(let id, _):
      guard let place = places[id], let limit = jobs[place.job].node.timeout else { return }
      stop(place, cause: .timeLimit(limit))
    case .retry(let id, _):
      guard let place = places[id] else { return }
      let task = jobs[place.job].tasks[place.task]
      jobs[place.job].tasks[place.task].phase = .ready
      jobs[place.job].ready.insert(StartOrder(of: task.plan, job: place.job, task: place.task))
    case .budget(let id):
      guard let place = places[id], let limit = jobs[place.job].node.taskBudget else { return }
      switch jobs[place.job].tasks[place.task].phase {
      case .running: stop(place, cause: .budget(limit))
      case .ready, .backingOff: endWaiting(place, .timedOut, "\(StopCause.budget(limit))")
      case .ended: break
      }
    }
  }

  /// Stops the run: what waits ends now, what runs is told to stop and ends when it has answered.
  mutating func cancel() {
    guard !isCancelling else { return }
    start()
    isCancelling = true
    record(.cancelRequested)
    for index in jobs.indices {
      switch jobs[index].state {
      case .waiting: end(job: index, .cancelled, message: "cancelled before it started")
      case .expanding: stopExpansion(ofJob: index, cause: .interruption)
      case .running:
        for task in jobs[index].tasks.indices { stop(TaskPlace(job: index, task: task), cause: .interruption) }
        endWaitingTasks(ofJob: index)
      case .succeeded, .degraded, .failed, .skipped, .cancelled: break
      }
    }
  }

  /// Ends the tasks of a job that aren't running, because the run is being cancelled.
  mutating func endWaitingTasks(ofJob index: Int) {
    for task in jobs[index].tasks.indices where jobs[index].tasks[task].state == .waiting {
      endWaiting(TaskPlace(job: index, task: task), .cancelled, "cancelled before it was done")
    }
  }

  private mutating func endWaiting(_ place: TaskPlace, _ state: TaskState, _ message: String) {
    let task = jobs[place.job].tasks[place.task]
    cancelTimer(.retry(task.id, attempt: task.attempts + 1))
    jobs[place.job].ready.remove(task: place.task)
    end(place, state, message)
  }

  private mutating func stopExpansion(ofJob index: Int, cause: StopCause) {
    guard jobs[index].expansionStop == nil else { return }
    cancelTimer(.expansion(job: jobs[index].node.name))
    jobs[index].expansionStop = cause
    actions.append(.cancelExpansion(job: jobs[index].node.name))
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
  }
}
