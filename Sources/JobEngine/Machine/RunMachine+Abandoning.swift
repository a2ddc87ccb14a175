extension RunMachine {
  /// Stops the run and waits for nothing: what was told to stop ends now, whether it has answered or not.
  mutating func abandonEverything() {
    cancel()
    record(.abandonRequested)
    for job in jobs.indices {
      switch jobs[job].state {
      case .expanding: abandonExpansion(ofJob: job, because: "had not stopped when the run was interrupted again")
      case .running:
        for task in jobs[job].tasks.indices {
          abandon(
            TaskPlace(job: job, task: task), because: "had not stopped when the run was interrupted again")
        }
      case .waiting, .succeeded, .degraded, .failed, .skipped, .cancelled: break
      }
    }
  }

  /// Ends a task that was told to stop and hasn't answered. It may still be using its resources, so it keeps them.
  mutating func abandon(_ place: TaskPlace, because reason: String) {
    guard case .running(stopping: .some(let cause)) = jobs[place.job].tasks[place.task].phase else { return }
    let id = jobs[place.job].tasks[place.task].id
    cancelTimer(.cleanUp(id))
    let resources = index.resources(ofJob: place.job)
    pool.lose(resources)
    for resource in resources { abandonedHolders[resource, default: []].append(id) }
    jobs[place.job].tasks[place.task].isAbandoned = true
    let isInterruption = cause == .interruption
    end(
      place, isInterruption ? .cancelled : .timedOut,
      "\(isInterruption ? "cancelled while running" : "\(cause)"), but \(reason); the next run reclaims what it left")
    endTasksBarred(fromAnyOf: resources)
  }

  /// Ends the waiting tasks that will never get a resource, since whoever holds all of it was abandoned.
  private mutating func endTasksBarred(fromAnyOf resources: [Int]) {
    guard resources.contains(where: { pool.lostUnits(of: $0) >= index.capacities[$0] }) else { return }
    for job in jobs.indices where jobs[job].state == .running {
      if let bar = bar(toJob: job) { endWaitingTasks(ofJob: job, bar) }
    }
  }

  /// Ends a job whose expansion was told to stop and hasn't answered.
  mutating func abandonExpansion(ofJob job: Int, because reason: String) {
    guard jobs[job].state == .expanding, let cause = jobs[job].expansionStop else { return }
    cancelTimer(.expansionCleanUp(job: jobs[job].node.name))
    if cause == .interruption {
      end(job: job, .cancelled, message: "cancelled while finding its tasks, but it \(reason)")
    } else {
      end(job: job, .failed, message: "finding its tasks \(cause), but it \(reason)")
    }
  }
}
