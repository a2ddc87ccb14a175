/// One run being performed: feeds events to the machine, one after the other, and performs what it asks for.
actor RunExecution<Subject: TaskSubject> {
  private let bodies: [String: any JobBody<Subject>]
  private let observer: any RunObserver<Subject>
  private let clock: any Clock<Duration>
  private let events: EventQueue<RunMachine<Subject>.Event>
  private let elapsed: @Sendable () -> Duration

  private var machine: RunMachine<Subject>
  /// What runs on behalf of the machine, so that it can be cancelled; each ends by sending its answer.
  private var expansions: [String: Task<Void, Never>] = [:]
  private var attempts: [TaskID<Subject>: Task<Void, Never>] = [:]
  private var timers: [RunMachine<Subject>.TimerID: Task<Void, Never>] = [:]
  private var recordingFailure: String?

  init(
    machine: RunMachine<Subject>, bodies: [String: any JobBody<Subject>], observer: any RunObserver<Subject>,
    clock: any Clock<Duration>, events: EventQueue<RunMachine<Subject>.Event>
  ) {
    self.machine = machine
    self.bodies = bodies
    self.observer = observer
    self.clock = clock
    self.events = events
    elapsed = stopwatch(on: clock)
  }

  func run() async -> RunSummary<Subject> {
    while machine.result == nil { await step(await events.next()) }
    events.close()
    let summary = machine.summary
    guard let recordingFailure else { return summary }
    return RunSummary(
      result: .failed, duration: summary.duration, jobs: summary.jobs, recordingFailure: recordingFailure)
  }

  /// Takes events that happened, records all steps that follow from them at once, and then performs the steps.
  ///
  /// While a record is being made more events gather, so the busier the run, the fewer records for each.
  private func step(_ batch: [RunMachine<Subject>.Event]) async {
    let now = elapsed()
    var records: [RunEvent<Subject>] = []
    var actions: [RunMachine<Subject>.Action] = []
    for event in batch {
      forget(event)
      for action in machine.handle(event, at: now) {
        if case .record(let event) = action { records.append(event) } else { actions.append(action) }
      }
    }
    await record(records)
    for action in actions { perform(action) }
  }

  /// Drops what has answered, so that a long run doesn't keep every task it ever had.
  private func forget(_ event: RunMachine<Subject>.Event) {
    switch event {
    case .jobExpanded(let job, _), .jobExpansionFailed(let job, _): expansions[job] = nil
    case .taskFinished(let id, _, _), .taskFailed(let id, _, _): attempts[id] = nil
    case .timerFired(let timer): timers[timer] = nil
    case .started, .cancelRequested, .abandonRequested: break
    }
  }

  private func perform(_ action: RunMachine<Subject>.Action) {
    switch action {
    case .expand(let job, let inputs): expand(job, inputs)
    case .cancelExpansion(let job): expansions[job]?.cancel()
    case .start(let id, let plan, let attempt): start(id, plan, attempt)
    case .cancelTask(let id): attempts[id]?.cancel()
    case .setTimer(let timer, let wait): setTimer(timer, after: wait)
    case .cancelTimer(let timer): timers.removeValue(forKey: timer)?.cancel()
    case .record, .finishRun: break
    }
  }

  private func record(_ steps: [RunEvent<Subject>]) async {
    guard recordingFailure == nil, !steps.isEmpty else { return }
    do {
      try await observer.record(steps, at: machine.now)
    } catch {
      recordingFailure = String(describing: error)
      events.send(.cancelRequested)
    }
  }

  private func expand(_ job: String, _ inputs: [JobInput<Subject>]) {
    guard recordingFailure == nil, let body = bodies[job] else {
      events.send(.jobExpansionFailed(job: job, notStarted))
      return
    }
    expansions[job] = Task { [events] in
      do {
        events.send(.jobExpanded(job: job, tasks: try await body.expand(inputs)))
      } catch {
        events.send(.jobExpansionFailed(job: job, TaskFailure(describing: error)))
      }
    }
  }

  private func start(_ id: TaskID<Subject>, _ plan: PlannedTask<Subject>, _ attempt: Int) {
    guard recordingFailure == nil, let body = bodies[id.job] else {
      events.send(.taskFailed(id, attempt: attempt, notStarted))
      return
    }
    let context = TaskContext(id: id, attempt: attempt) { [observer] in observer.note($0, of: id) }
    attempts[id] = Task { [events] in
      do {
        events.send(.taskFinished(id, attempt: attempt, try await body.run(plan, context)))
      } catch {
        events.send(.taskFailed(id, attempt: attempt, TaskFailure(describing: error)))
      }
    }
  }

  private var notStarted: TaskFailure {
    TaskFailure("not started, because the step couldn't be recorded", details: [recordingFailure ?? ""])
  }

  private func setTimer(_ timer: RunMachine<Subject>.TimerID, after wait: Duration) {
    timers[timer] = Task { [events, clock] in
      do {
        try await clock.sleep(for: wait)
        events.send(.timerFired(timer))
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
