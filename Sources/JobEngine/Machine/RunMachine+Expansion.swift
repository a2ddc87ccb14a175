extension RunMachine {
  mutating func expanded(_ name: String, _ planned: [PlannedTask<Subject>]) {
    guard let job = index.jobs[name], jobs[job].state == .expanding else { return }
    if let twice = firstRepetition(in: planned) {
      expansionFailed(name, TaskFailure("planned two tasks for \(twice)"))
      return
    }
    expansionAnswered(name)
    record(.jobExpanded(job: name, tasks: planned))
    jobs[job].state = .running
    jobs[job].unendedTasks = planned.count
    jobs[job].tasks.reserveCapacity(planned.count)
    for plan in planned {
      let place = append(plan, toJob: job)
      if !reuse(place) { makeReady(place) }
    }
    addSkippedTasks(toJob: job, planned: planned)
    if let bar = bar(toJob: job) { endWaitingTasks(ofJob: job, bar) }
    if jobs[job].state == .running, jobs[job].unendedTasks == 0 { endByTasks(job: job) }
  }

  /// Ends a task that the resumed run had finished; false if it hadn't.
  private mutating func reuse(_ place: TaskPlace) -> Bool {
    guard let done = reusable[jobs[place.job].tasks[place.task].id] else { return false }
    jobs[place.job].tasks[place.task].phase = .ended(done.state)
    jobs[place.job].tasks[place.task].message = done.reusedMessage
    jobs[place.job].tasks[place.task].results = done.results
    jobs[place.job].unendedTasks -= 1
    record(.taskReused(jobs[place.job].tasks[place.task].summary(at: now)))
    return true
  }

  /// Shows the subjects that are missing for want of an earlier task, unless the job covers them all the same.
  private mutating func addSkippedTasks(toJob job: Int, planned: [PlannedTask<Subject>]) {
    guard !jobs[job].missing.isEmpty else { return }
    var shown = Set(planned.map { $0.subject })
    for missing in jobs[job].missing where shown.insert(missing.subject).inserted {
      let place = append(PlannedTask(missing.subject), toJob: job)
      jobs[job].tasks[place.task].phase = .ended(.skipped(because: missing.reason))
      jobs[job].tasks[place.task].message = "skipped because \(missing.reason)"
      record(.taskEnded(jobs[job].tasks[place.task].summary(at: now)))
    }
  }

  private mutating func append(_ plan: PlannedTask<Subject>, toJob job: Int) -> TaskPlace {
    let id = TaskID(job: jobs[job].node.name, subject: plan.subject)
    let place = TaskPlace(job: job, task: jobs[job].tasks.count)
    jobs[job].tasks.append(TaskRecord(id: id, plan: plan))
    places[id] = place
    return place
  }

  private func firstRepetition(in planned: [PlannedTask<Subject>]) -> Subject? {
    var subjects: Set<Subject> = []
    return planned.first { !subjects.insert($0.subject).inserted }?.subject
  }

  mutating func expansionFailed(_ name: String, _ failure: TaskFailure) {
    guard let job = index.jobs[name], jobs[job].state == .expanding else { return }
    expansionAnswered(name)
    let detail = failure.kind == .cancelled ? "" : ": \(failure.message)"
    switch jobs[job].expansionStop {
    case .interruption: end(job: job, .cancelled, message: "cancelled while finding its tasks")
    case .some(let cause): end(job: job, .failed, message: "finding its tasks \(cause)\(detail)")
    case nil: end(job: job, .failed, message: "cannot find its tasks: \(failure.message)")
    }
  }

  private mutating func expansionAnswered(_ name: String) {
    cancelTimer(.expansion(job: name))
    cancelTimer(.expansionCleanUp(job: name))
  }
}
