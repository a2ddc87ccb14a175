import BackupModel
import HostSystem
import JobEngine

/// Tells on standard error what a run is doing: one line for each step.
struct RunLog: RunObserver {
  let output: OutputOptions
  let environment: CommandEnvironment

  func record(_ events: [RunEvent<SourceID>], at elapsed: Duration) async throws {
    guard !output.quiet else { return }
    for event in events { tell(event, elapsed) }
  }

  private func tell(_ event: RunEvent<SourceID>, _ elapsed: Duration) {
    switch event {
    case .taskStarting(let id, let attempt):
      say(elapsed, "\(id) begins\(attempt > 1 ? ", attempt \(attempt)" : "")")
    case .taskRetrying(let id, let next, let wait, let failure):
      let pause = DurationText.of(seconds: wait.inSeconds)
      say(elapsed, "\(id) failed and is tried again (attempt \(next)) in \(pause): \(failure)")
    case .taskStopping(let id, let cause): say(elapsed, "\(id) is being stopped: it \(cause)")
    case .taskEnded(let task), .taskReused(let task):
      say(elapsed, "\(task.id) \(task.state.word)\(task.message.isEmpty ? "" : ": \(task.message)")")
    case .jobEnded(let job, let state, let message) where !message.isEmpty || !state.isSuccess:
      say(elapsed, "\(job) \(state.word)\(message.isEmpty ? "" : ": \(message)")")
    case .cancelRequested: say(elapsed, "interrupted: running tasks are being stopped, clean-up goes on")
    case .abandonRequested: say(elapsed, "interrupted again: what hasn't stopped is left as it is")
    case .budgetExhausted(let limit):
      let budget = DurationText.of(seconds: limit.inSeconds)
      say(elapsed, "the budget of \(budget) is used up: what runs goes on, nothing else starts")
    case .runStarted, .jobExpanding, .jobExpanded, .jobEnded, .runEnded: break
    }
  }

  private func say(_ elapsed: Duration, _ text: String) {
    environment.messages.line("[\(DurationText.of(seconds: elapsed.inSeconds))] \(text)")
  }
}
