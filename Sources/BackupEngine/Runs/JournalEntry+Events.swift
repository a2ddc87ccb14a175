import BackupCatalog
import BackupModel
import JobEngine

extension JournalEntry {
  /// The entry that records a step of the engine; nil for the beginning and the end of a run, which the journal has anyway.
  init?(_ event: RunEvent<SourceID>, at elapsed: Duration) {
    guard let step = Step(event) else { return nil }
    self.init(at: elapsed, step)
  }
}

extension JournalEntry.Step {
  fileprivate init?(_ event: RunEvent<SourceID>) {
    switch event {
    case .runStarted, .runEnded: return nil
    case .jobExpanding(let job): self = .jobExpanding(job: job)
    case .jobExpanded(let job, let tasks):
      self = .jobExpanded(
        job: job, tasks: tasks.map { .init(subject: $0.subject.description, parameters: $0.parameters) })
    case .jobEnded(let job, let state, let message):
      self = .jobEnded(job: job, RecordedState(state), message: message)
    case .taskStarting(let id, let attempt): self = .taskStarting(TaskName(id), attempt: attempt)
    case .taskRetrying(let id, let next, let wait, let failure):
      self = .taskRetrying(TaskName(id), nextAttempt: next, after: wait, message: failure.message)
    case .taskStopping(let id, let cause): self = .taskStopping(TaskName(id), cause: cause.description)
    case .taskEnded(let task), .taskReused(let task): self = .taskEnded(TaskName(task.id), .init(task))
    case .budgetExhausted(let limit): self = .remark("the budget of \(limit) is used up; nothing more is started")
    case .cancelRequested: self = .cancelRequested
    case .abandonRequested: self = .remark("asked not to wait for clean-up")
    }
  }
}

extension JournalEntry.TaskOutcome {
  fileprivate init(_ task: TaskSummary<SourceID>) {
    self.init(
      RecordedState(task.state), attempts: task.attempts, duration: task.duration, message: task.message,
      details: task.details, results: task.results)
  }
}

extension TaskName {
  init(_ id: TaskID<SourceID>) { self.init(job: id.job, subject: id.subject.description) }
}

extension RecordedState {
  init(_ state: JobState) {
    switch state {
    case .waiting: self = .waiting
    case .expanding: self = .expanding
    case .running: self = .running
    case .succeeded: self = .succeeded
    case .degraded: self = .degraded
    case .failed: self = .failed
    case .skipped: self = .skipped
    case .cancelled: self = .cancelled
    }
  }

  init(_ state: TaskState) {
    switch state {
    case .waiting: self = .waiting
    case .running: self = .running
    case .succeeded: self = .succeeded
    case .degraded: self = .degraded
    case .failed: self = .failed
    case .skipped: self = .skipped
    case .cancelled: self = .cancelled
    case .timedOut: self = .timedOut
    }
  }
}

extension RunState {
  init(_ result: RunResult) {
    switch result {
    case .ok: self = .ok
    case .degraded: self = .degraded
    case .failed: self = .failed
    case .interrupted: self = .interrupted
    }
  }
}
