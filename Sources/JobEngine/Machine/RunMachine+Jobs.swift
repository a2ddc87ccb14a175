extension RunMachine {
  /// Expands or skips each waiting job whose needs have ended; one pass is enough, as a skip only affects later jobs.
  mutating func startJobs() {
    jobsMayStart = false
    for name in graph.topologicalOrder {
      guard let index = jobIndices[name], jobs[index].state == .waiting,
        let needs = endedNeeds(of: jobs[index].node)
      else { continue }
      switch StartRule.decide(jobs[index].node.condition, needs: needs) {
      case .expand(let inputs, let gaps, let missing):
        jobs[index].gaps = gaps
        jobs[index].missing = missing
        jobs[index].state = .expanding
        record(.jobExpanding(job: name))
        actions.append(.expand(job: name, inputs: inputs))
        if let limit = jobs[index].node.timeout { setTimer(.expansion(job: name), after: limit) }
      case .skip(let reason):
        end(job: index, .skipped(because: reason), message: "skipped because \(reason)")
      }
    }
  }

  /// The needs of a job, or nil if one of them hasn't ended.
  private func endedNeeds(of node: JobNode) -> [EndedNeed<Subject>]? {
    var needs: [EndedNeed<Subject>] = []
    for need in node.needs {
      guard let index = jobIndices[need.job], jobs[index].state.isTerminal else { return nil }
      let job = jobs[index]
      needs.append(
        EndedNeed(
          kind: need.kind, job: need.job, state: job.state, tasks: need.kind == .of ? job.inputs : []))
    }
    return needs
  }

  mutating func expanded(_ job: String, _ planned: [PlannedTask<Subject>]) {
    guard let index = jobIndices[job], jobs[index].state == .expanding else { return }
    if let twice = firstRepetition(in: planned) {
      expansionFailed(job, TaskFailure("planned two tasks for \(twice)"))
      return
    }
    cancelTimer(.expansion(job: job))
    record(.jobExpanded(job: job, tasks: planned))
    jobs[index].state = .running
    jobs[index].unendedTasks = planned.count
    for plan in planned { append(plan, toJob: index) }
    jobs[index].ready.insert(
      contentsOf: planned.enumerated().map { StartOrder(of: $1, job: index, task: $0) })
    addSkippedTasks(toJob: index, planned: Set(planned.map(\.subject)))
    if isCancelling { endWaitingTasks(ofJob: index) }
    if jobs[index].state == .running, jobs[index].unendedTasks == 0 { endByTasks(job: index) }
  }

  /// Shows the subjects that are missing for want of an earlier task, unless the job covers them all the same.
  private mutating func addSkippedTasks(toJob index: Int, planned: Set<Subject>) {
    var shown = planned
    for missing in jobs[index].missing where shown.insert(missing.subject).inserted {
      let place = append(PlannedTask(missing.subject), toJob: index)
      jobs[index].tasks[place.task].phase = .ended(.skipped(because: missing.reason))
      jobs[index].tasks[place.task].message = "skipped because \(missing.reason)"
      record(.taskEnded(jobs[index].tasks[place.task].summary(at: now)))
    }
  }

  @discardableResult
  private mutating func append(_ plan: PlannedTask<Subject>, toJob index: Int) -> TaskPlace {
    let id = TaskID(job: jobs[index].node.name, subject: plan.subject)
    let place = TaskPlace(job: index, task: jobs[index].tasks.count)
    jobs[index].tasks.append(TaskRecord(id: id, plan: plan))
    places[id] = place
    return place
  }

  private func firstRepetition(in planned: [PlannedTask<Subject>]) -> Subject? {
    var subjects: Set<Subject> = []
    return planned.first { !subjects.insert($0.subject).inserted }?.subject
  }

  mutating func expansionFailed(_ job: String, _ failure: TaskFailure) {
    guard let index = jobIndices[job], jobs[index].state == .expanding else { return }
    cancelTimer(.expansion(job: job))
    let detail = failure.kind == .cancelled ? "" : ": \(failure.message)"
    switch jobs[index].expansionStop {
    case .interruption: end(job: index, .cancelled, message: "cancelled while finding its tasks")
    case .some(let cause): end(job: index, .failed, message: "finding its tasks \(cause)\(detail)")
    case nil: end(job: index, .failed, message: "cannot find its tasks: \(failure.message)")
    }
  }

  /// Ends a job whose tasks have all ended.
  mutating func endByTasks(job index: Int) {
    let state = jobs[index].derivedState
    let gaps = jobs[index].gaps
    end(
      job: index, state, message: gaps.isEmpty ? "" : "incomplete: \(gaps.map(\.description).joined(separator: "; "))")
  }

  mutating func end(job index: Int, _ state: JobState, message: String) {
    jobs[index].state = state
    jobs[index].message = message
    unendedJobs -= 1
    jobsMayStart = true
    record(.jobEnded(job: jobs[index].node.name, state: state, message: message))
  }
}
