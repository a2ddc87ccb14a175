@testable import JobEngine

/// The reduction that makes graphs of four tasks small enough: states that differ only in their past count as one.
///
/// Two states have the same outlook if nothing that can still happen tells them apart. What is left out of
/// `fingerprint`, and why it is no loss:
///
/// - *Whether a task failed or timed out, succeeded or is degraded.* `StartRule` asks only whether a task is usable,
///   and the state of a job only whether one failed; the difference shows in the result of the run alone, for which
///   the worst end so far is kept.
/// - *How often an ended task was tried, and who holds what was lost.* No event concerns it any more; what is lost is
///   lost to everyone, and the pool counts it.
/// - *How a job ended that no waiting job needs*, beyond that worst end: `StartRule` looks at a job only while one
///   that needs it hasn't started.
/// - *After the cancel request, how anything ended and why what still runs was told to stop*: nothing starts any more
///   and the run is interrupted. What is recorded as done stays: a resumed run depends on it.
/// - *Which `of` and `after` brought a job about*: all tasks of a job that has started are known.
///
/// These are claims about the machine, so they are tested: `OutlookTests` goes through all graphs up to three jobs
/// without the reduction, and shows that states of one outlook have the same events with the same outlooks.
extension MachineWorld {
  var outlook: Int {
    var hasher = Hasher()
    hasher.combine(result)
    hasher.combine(isCancelled)
    hasher.combine(isAbandoning)
    hasher.combine(isBudgetExhausted)
    hasher.combine(machine.timers)
    hasher.combine(machine.pool)
    hasher.combine(abandoned.count)
    if !isCancelled { hasher.combine(worstEnd) }
    for number in machine.jobs.indices { combineJob(number, into: &hasher) }
    // Jobs that haven't found their tasks may be about to find some of these; dictionaries have no order.
    var others = 0
    for id in durable.keys where !plannedTasks.contains(id) { others ^= id.hashValue }
    hasher.combine(others)
    return hasher.finalize()
  }

  private func combineJob(_ number: Int, into hasher: inout Hasher) {
    let job = machine.jobs[number]
    let isAwaited = machine.index.dependents[number].contains { machine.jobs[$0].state == .waiting }
    if job.state.isTerminal {
      hasher.combine(isAwaited)
      if isAwaited {
        hasher.combine(job.state.isSuccess)
        hasher.combine(job.state.stemsFromFailure)
        hasher.combine(job.state.isIncomplete)
      }
    } else {
      hasher.combine(job.state)
      hasher.combine(job.expansionStop.map { isCancelled || $0 == .interruption })
      hasher.combine(job.openNeeds)
      hasher.combine(job.missing.map(\.subject))
    }
    for task in job.tasks {
      hasher.combine(durable[task.id] != nil)
      if case .ended(let state) = task.phase {
        // Whether it had failed decides how its job ends, whether it is usable what comes after.
        guard !isCancelled, isAwaited || !job.state.isTerminal else { continue }
        hasher.combine(state.isUsable)
        hasher.combine(state == .failed || state == .timedOut)
      } else {
        hasher.combine(phaseNumber(task.phase))
        hasher.combine(task.attempts)
      }
      hasher.combine(task.id.subject)
    }
  }

  private func phaseNumber(_ phase: TaskRecord<String>.Phase) -> Int {
    switch phase {
    case .ready: 1
    case .backingOff: 2
    case .running(stopping: nil): 3
    case .running(stopping: .some(let cause)): isCancelled || cause == .interruption ? 4 : 5
    case .ended: 6
    }
  }

  /// What the result of the run can't be better than: 2 for failed, 1 for degraded, 0 for ok.
  private var worstEnd: Int {
    var worst = 0
    for job in machine.jobs {
      if job.state == .failed { return 2 }
      if job.state.isIncomplete || !job.gaps.isEmpty { worst = 1 }
      for task in job.tasks {
        switch task.phase {
        case .ended(.failed), .ended(.timedOut): return 2
        case .ended(.degraded), .ended(.skipped): worst = 1
        default: break
        }
      }
    }
    return worst
  }
}
