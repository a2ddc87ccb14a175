/// One run being performed: feeds events to the machine, one after the other, and performs what it asks for.
actor RunExecution<Subject: TaskSubject> {
  private let bodies: [String: any JobBody<Subject>]
  private let observer: any RunObserver<Subject>
  private let clock: any Clock<Duration>
  private let sender: AsyncStream<RunMachine<Subject>.Event>.Continuation
  private let elapsed: @Sendable () -> Duration

  private var machine: RunMachine<Subject>
  /// What runs on behalf of the machine, so that it can be cancelled; each ends by sending its answer.
  private var expansions: [String: Task<Void, Never>] = [:]
  private var attempts: [TaskID<Subject>: Task<Void, Never>] = [:]
  private var timers: [RunMachine<Subject>.TimerID: Task<Void, Never>] = [:]
  private var recordingFailure: String?

  init(
    graph: JobGraph, bodies: [String: any JobBody<Subject>], observer: any RunObserver<Subject>,
    clock: any Clock<Duration>, sender: AsyncStream<RunMachine<Subject>.Event>.Continuation
  ) {
    self.bodies = bodies
    self.observer = observer
    self.clock = clock
    self.sender = sender
    machine = RunMachine(graph: graph)
    elapsed = stopwatch(on: clock)
  }

  func run(_ events: AsyncStream<RunMachine<Subject>.Event>) async -> RunSummary<Subject> {
    for await event in events {
      forget(event)
      for action in machine.handle(event, at: elapsed()) { await perform(action) }
      if machine.result != nil { sender.finish() }
    }
    let summary = machine.summary
    guard let recordingFailure else { return summary }
    return RunSummary(
      result: .failed, duration: summary.duration, jobs: summary.jobs, recordingFailure: recordingFailure)
  }

  /// Drops what has answered, so that a long run doesn't keep every task it ever had.
  private func forget(_ event: RunMachine<Subject>.Event) {
    switch event {
    case .jobExpanded(let job, _), .jobExpansionFailed(let job, _): expansions[job] = nil
    case .taskFinished(let id, _, _), .taskFailed(let id, _, _): attempts[id] = nil
    case .timerFired(let timer): timers[timer] = nil
    case .started, .cancelRequested: break
    }
  }

  private func perform(_ action: RunMachine<Subject>.Action) async {
    switch action {
    case .record(let event): await record(event)
    case .expand(let job, let inputs): expand(job, inputs)
    case .cancelExpansion(let job): expansions[job]?.cancel()
    case .start(let id, let plan, let attempt): start(id, plan, attempt)
    case .cancelTask(let id): attempts[id]?.cancel()
    case .setTimer(let timer, let wait): setTimer(timer, after: wait)
    case .cancelTimer(let timer): timers.removeValue(forKey: timer)?.cancel()
    case .finishRun: break
    }
  }

  private func record(_ event: RunEvent<Subject>) async {
    guard recordingFailure == nil else { return }
    do {
      try await observer.record(event, at: machine.now)
    } catch {
      recordingFailure = String(describing: error)
      sender.yield(.cancelRequested)
    }
  }

  private func expand(_ job: String, _ inputs: [JobInput<Subject>]) {
    guard recordingFailure == nil, let body = bodies[job] else {
      sender.yield(.jobExpansionFailed(job: job, notStarted))
      return
    }
    expansions[job] = Task { [sender] in
      do {
        sender.yield(.jobExpanded(job: job, tasks: try await body.expand(inputs)))
      } catch {
        sender.yield(.jobExpansionFailed(job: job, TaskFailure(describing: error)))
      }
    }
  }

  private func start(_ id: TaskID<Subject>, _ plan: PlannedTask<Subject>, _ attempt: Int) {
    guard recordingFailure == nil, let body = bodies[id.job] else {
      sender.yield(.taskFailed(id, attempt: attempt, notStarted))
      return
    }
    let context = TaskContext(id: id, attempt: attempt) { [observer] in observer.note($0, of: id) }
    attempts[id] = Task { [sender] in
      do {
        sender.yield(.taskFinished(id, attempt: attempt, try await body.run(plan, context)))
      } catch {
        sender.yield(.taskFailed(id, attempt: attempt, TaskFailure(describing: error)))
      }
    }
  }

  private var notStarted: TaskFailure {
    TaskFailure("not started, because the step couldn't be recorded", details: [recordingFailure ?? ""])
  }

  private func setTimer(_ timer: RunMachine<Subject>.TimerID, after wait: Duration) {
    timers[timer] = Task { [sender, clock] in
      do {
        try await clock.sleep(for: wait)
        sender.yield(.timerFired(timer))
      } catch {
        // Cancelled: the machine doesn't want the answer any more.
      }
    }
  }
}

/// Returns what tells the time since now.
private func stopwatch<C: Clock>(on clock: C) -> @Sendable () -> Duration where C.Duration == Duration {
  let start = clock.now
  return { start.duration(to: clock.now) }
}
