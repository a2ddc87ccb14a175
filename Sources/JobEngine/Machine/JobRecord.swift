/// What the machine knows of one job.
struct JobRecord<Subject: TaskSubject>: Hashable, Sendable {
  let node: JobNode
  var state = JobState.waiting
  var tasks: [TaskRecord<Subject>] = []
  /// Kept beside `tasks`, so that ending a task costs the same however many there are.
  var unendedTasks = 0
  /// The edges to jobs that haven't ended.
  var openNeeds: Int
  /// What the job has to do without, as `StartRule` found.
  var gaps: [SkipReason] = []
  var missing: [MissingSubject<Subject>] = []
  /// Set once the expansion was told to stop.
  var expansionStop: StopCause?
  var message = ""

  init(node: JobNode) {
    self.node = node
    openNeeds = node.needs.count
  }

  /// The state that follows from the tasks once all have ended.
  var derivedState: JobState {
    var state = gaps.isEmpty ? JobState.succeeded : .degraded
    for task in tasks {
      switch task.state {
      case .failed, .timedOut: return .failed
      case .cancelled: state = .cancelled
      case .degraded, .skipped: if state == .succeeded { state = .degraded }
      case .waiting, .running, .succeeded: break
      }
    }
    return state
  }

  /// The ended tasks as another job sees them.
  var inputs: [JobInput<Subject>] {
    tasks.map { JobInput(job: node.name, subject: $0.id.subject, state: $0.state, results: $0.results) }
  }

  func summary(at now: Duration) -> JobSummary<Subject> {
    JobSummary(name: node.name, state: state, message: message, tasks: tasks.map { $0.summary(at: now) })
  }
}
