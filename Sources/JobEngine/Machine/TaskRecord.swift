/// What the machine knows of one task.
struct TaskRecord<Subject: TaskSubject>: Hashable, Sendable {
  enum Phase: Hashable, Sendable {
    /// In the queue of its job.
    case ready
    /// An attempt runs; `stopping` once it was told to stop.
    case running(stopping: StopCause?)
    /// Waiting for the time of the next attempt.
    case backingOff
    case ended(TaskState)
  }

  let id: TaskID<Subject>
  let plan: PlannedTask<Subject>
  var phase = Phase.ready
  /// How often it was started; the current attempt while it runs.
  var attempts = 0
  var firstStart: Duration?
  var end: Duration?
  var message = ""
  var details: [String] = []
  var results: [String: String] = [:]
  /// Why the last attempt failed, while another may follow.
  var lastFailure: TaskFailure?
  /// Set when the machine stopped waiting for an attempt that was told to stop.
  var isAbandoned = false

  var state: TaskState {
    switch phase {
    case .ready, .backingOff: .waiting
    case .running: .running
    case .ended(let state): state
    }
  }

  /// Tells whether the task waits only for resources.
  var isReady: Bool {
    if case .ready = phase { return true }
    return false
  }

  func summary(at now: Duration) -> TaskSummary<Subject> {
    TaskSummary(
      id: id, state: state, attempts: attempts, duration: firstStart.map { (end ?? now) - $0 } ?? .zero,
      message: message, details: details, results: results, wasAbandoned: isAbandoned)
  }
}
