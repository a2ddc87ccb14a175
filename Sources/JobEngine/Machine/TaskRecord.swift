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

  var state: TaskState {
    switch phase {
    case .ready, .backingOff: .waiting
    case .running: .running
    case .ended(let state): state
    }
  }

  func summary(at now: Duration) -> TaskSummary<Subject> {
    TaskSummary(
      id: id, state: state, attempts: attempts, duration: firstStart.map { (end ?? now) - $0 } ?? .zero,
      message: message, details: details, results: results)
  }
}
