/// Why no attempt of a job's tasks may start any more.
enum StartBar: Hashable, Sendable {
  case interruption
  case runBudget(Duration)
  /// Every unit of a resource is held by tasks that were abandoned.
  case lostResource(String, holders: [String])

  /// What is said of a task that was attempted before, after `not tried again: `.
  var clause: String {
    switch self {
    case .interruption: "\(StopCause.interruption)"
    case .runBudget(let limit): "\(SkipReason.runBudget(limit))"
    case .lostResource(let resource, let holders):
      "\(resource) is still held by \(holders.joined(separator: " and ")), which did not stop"
    }
  }
}

extension RunMachine {
  /// Why the waiting tasks of a job can't start any more; nil if they can.
  func bar(toJob job: Int) -> StartBar? {
    if isCancelling { return .interruption }
    if let exhaustedBudget, jobs[job].node.condition == .success { return .runBudget(exhaustedBudget) }
    guard !abandonedHolders.isEmpty else { return nil }
    for resource in index.resources(ofJob: job)
    where pool.lostUnits(of: resource) >= index.capacities[resource] {
      return .lostResource(
        index.resources[resource], holders: abandonedHolders[resource, default: []].map(\.description))
    }
    return nil
  }

  /// Ends the tasks of a job that aren't running.
  mutating func endWaitingTasks(ofJob job: Int, _ bar: StartBar) {
    for task in jobs[job].tasks.indices where jobs[job].tasks[task].state == .waiting {
      endWaiting(TaskPlace(job: job, task: task), bar)
    }
  }

  private mutating func endWaiting(_ place: TaskPlace, _ bar: StartBar) {
    let task = jobs[place.job].tasks[place.task]
    cancelTimer(.retry(task.id, attempt: task.attempts + 1))
    if case .interruption = bar {
      end(place, .cancelled, "cancelled before it was done")
    } else if let failure = task.lastFailure {
      end(place, .failed, failure.message, failure.details + ["not tried again: \(bar.clause)"])
    } else if case .runBudget(let limit) = bar {
      end(place, .skipped(because: .runBudget(limit)), "skipped because \(bar.clause)")
    } else {
      end(place, .failed, "cannot start: \(bar.clause)")
    }
  }

  /// Lets nothing new start, except what is there to deal with whatever happened.
  mutating func exhaustBudget(_ limit: Duration) {
    exhaustedBudget = limit
    record(.budgetExhausted(limit: limit))
    let reason = SkipReason.runBudget(limit)
    for job in jobs.indices where jobs[job].node.condition == .success {
      switch jobs[job].state {
      case .waiting: end(job: job, .skipped(because: reason), message: "skipped because \(reason)")
      case .running: endWaitingTasks(ofJob: job, .runBudget(limit))
      // What it finds is shown task by task when it answers.
      case .expanding, .succeeded, .degraded, .failed, .skipped, .cancelled: break
      }
    }
  }
}
