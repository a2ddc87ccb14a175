/// A task that is being attempted.
public struct RunningTask<Subject: TaskSubject>: Hashable, Sendable {
  /// The task.
  public let id: TaskID<Subject>
  /// Which attempt it is; the first is 1.
  public let attempt: Int
  /// The time since this attempt started.
  public let elapsed: Duration
  /// Whether it was told to stop and is cleaning up.
  public let isStopping: Bool
}

/// How far a run has come, kept up to date from its events alone.
///
/// Fed with the events of a journal it tells the same of a run that isn't there any more.
public struct RunProgress<Subject: TaskSubject>: Hashable, Sendable {
  private struct Attempt: Hashable {
    let number: Int
    let start: Duration
    var isStopping = false
  }

  /// The tasks by where they are.
  public private(set) var counts = TaskCounts()
  /// How many jobs the graph has.
  public let jobs: Int
  /// How many of them have ended.
  public private(set) var endedJobs = 0
  /// Whether the run was asked to stop.
  public private(set) var isCancelling = false
  /// The budget of the run, once it is used up.
  public private(set) var exhaustedBudget: Duration?
  /// How the run ended; nil until it has.
  public private(set) var result: RunResult?
  /// The tasks that a job found or that were shown without it, and that haven't ended or started.
  private var waiting: Set<TaskID<Subject>> = []
  private var attempts: [TaskID<Subject>: Attempt] = [:]
  /// The jobs that have said which tasks they have, or ended without.
  private var settledJobs: Set<String> = []

  /// The progress of a run that hasn't started.
  public init(jobs: Int) {
    self.jobs = jobs
  }

  /// Whether every job has found its tasks, so that the counts won't grow any more.
  public var knowsAllTasks: Bool { settledJobs.count == jobs }

  /// Takes steps in the order in which they happened.
  ///
  /// - Parameter elapsed: The time since the run started, as `RunObserver` is told.
  public mutating func take(_ events: [RunEvent<Subject>], at elapsed: Duration) {
    for event in events { take(event, at: elapsed) }
    counts.waiting = waiting.count
    counts.running = attempts.count
  }

  private mutating func take(_ event: RunEvent<Subject>, at elapsed: Duration) {
    switch event {
    case .runStarted, .jobExpanding, .abandonRequested: break
    case .jobExpanded(let job, let tasks):
      settledJobs.insert(job)
      for task in tasks { waiting.insert(TaskID(job: job, subject: task.subject)) }
    case .jobEnded(let job, _, _):
      settledJobs.insert(job)
      endedJobs += 1
    case .taskStarting(let id, let attempt):
      waiting.remove(id)
      attempts[id] = Attempt(number: attempt, start: elapsed)
    case .taskRetrying(let id, _, _, _):
      attempts[id] = nil
      waiting.insert(id)
    case .taskStopping(let id, _): attempts[id]?.isStopping = true
    case .taskEnded(let task): end(task)
    case .taskReused(let task):
      counts.reused += 1
      end(task)
    case .budgetExhausted(let limit): exhaustedBudget = limit
    case .cancelRequested: isCancelling = true
    case .runEnded(let summary): result = summary.result
    }
  }

  private mutating func end(_ task: TaskSummary<Subject>) {
    waiting.remove(task.id)
    attempts[task.id] = nil
    counts.countEnd(task.state)
  }

  /// The tasks being attempted, the longest-running first.
  ///
  /// - Parameter now: The time since the run started.
  public func running(at now: Duration) -> [RunningTask<Subject>] {
    attempts
      .map { id, attempt in
        RunningTask(
          id: id, attempt: attempt.number, elapsed: max(.zero, now - attempt.start), isStopping: attempt.isStopping)
      }
      .sorted { ($1.elapsed, $0.id.description) < ($0.elapsed, $1.id.description) }
  }
}
