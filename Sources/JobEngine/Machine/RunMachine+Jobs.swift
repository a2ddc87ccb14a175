extension RunMachine {
  /// Expands or skips each waiting job whose needs have all ended, also those whose last need is skipped here.
  mutating func startJobs() {
    var next = 0
    while next < startableJobs.count {
      let job = startableJobs[next]
      next += 1
      // One that has ended was cancelled, or its time to start is over, before its needs had ended.
      guard jobs[job].state == .waiting else { continue }
      let name = jobs[job].node.name
      switch StartRule.decide(jobs[job].node.condition, needs: endedNeeds(ofJob: job)) {
      case .expand(let inputs, let gaps, let missing):
        jobs[job].gaps = gaps
        jobs[job].missing = missing
        jobs[job].state = .expanding
        record(.jobExpanding(job: name))
        actions.append(.expand(job: name, inputs: inputs))
        if let limit = jobs[job].node.timeout { setTimer(.expansion(job: name), after: limit) }
      case .skip(let reason):
        end(job: job, .skipped(because: reason), message: "skipped because \(reason)")
      }
    }
    startableJobs = []
  }

  private func endedNeeds(ofJob job: Int) -> [EndedNeed<Subject>] {
    zip(jobs[job].node.needs, index.needs[job]).map { need, needed in
      EndedNeed(
        kind: need.kind, job: need.job, state: jobs[needed].state,
        tasks: need.kind == .of ? jobs[needed].inputs : [])
    }
  }

  /// Ends a job whose tasks have all ended.
  mutating func endByTasks(job: Int) {
    let state = jobs[job].derivedState
    let gaps = jobs[job].gaps
    end(
      job: job, state, message: gaps.isEmpty ? "" : "incomplete: \(gaps.map(\.description).joined(separator: "; "))")
  }

  mutating func end(job: Int, _ state: JobState, message: String) {
    jobs[job].state = state
    jobs[job].message = message
    unendedJobs -= 1
    for dependent in index.dependents[job] {
      jobs[dependent].openNeeds -= 1
      if jobs[dependent].openNeeds == 0 { startableJobs.append(dependent) }
    }
    record(.jobEnded(job: jobs[job].node.name, state: state, message: message))
  }
}
