import JobEngine
import Synchronization

/// A body made of closures.
struct ScriptedBody: JobBody {
  typealias Run = @Sendable (PlannedTask<String>, TaskContext<String>) async throws -> TaskOutcome

  var plan: @Sendable ([JobInput<String>]) async throws -> [PlannedTask<String>]
  var work: Run

  init(_ subjects: [String], _ work: @escaping Run = { _, _ in .succeeded }) {
    plan = { _ in subjects.map { PlannedTask($0) } }
    self.work = work
  }

  init(
    plan: @escaping @Sendable ([JobInput<String>]) async throws -> [PlannedTask<String>],
    _ work: @escaping Run = { _, _ in .succeeded }
  ) {
    self.plan = plan
    self.work = work
  }

  func expand(_ inputs: [JobInput<String>]) async throws -> [PlannedTask<String>] { try await plan(inputs) }

  func run(_ task: PlannedTask<String>, _ context: TaskContext<String>) async throws -> TaskOutcome {
    try await work(task, context)
  }
}

/// The order in which things happened, written to by bodies and the observer alike.
final class Log: Sendable {
  private let written = Mutex<[String]>([])

  var lines: [String] { written.withLock { $0 } }

  func write(_ line: String) { written.withLock { $0.append(line) } }
}

/// Writes each step to a log; can be told to fail at one.
struct LoggingObserver: RunObserver {
  struct Full: Error, CustomStringConvertible { let description = "the disk is full" }

  let log: Log
  var failsAt: @Sendable (RunEvent<String>) -> Bool = { _ in false }

  func record(_ events: [RunEvent<String>], at elapsed: Duration) async throws {
    for event in events {
      if failsAt(event) { throw Full() }
      // A record made in a cancelled task could be lost; the log would show it.
      log.write((Task.isCancelled ? "CANCELLED " : "") + text(of: event) + " at \(elapsed.components.seconds)s")
    }
  }

  func note(_ progress: TaskProgress, of task: TaskID<String>) { log.write("note \(task): \(progress)") }

  private func text(of event: RunEvent<String>) -> String {
    switch event {
    case .runStarted: "record run started"
    case .jobExpanding(let job): "record \(job) expanding"
    case .jobExpanded(let job, let tasks): "record \(job) has \(tasks.map(\.subject).joined(separator: " "))"
    case .jobEnded(let job, let state, _): "record \(job) \(state.word)"
    case .taskStarting(let id, let attempt): "record \(id) starting #\(attempt)"
    case .taskRetrying(let id, let attempt, let wait, let failure):
      "record \(id) retrying #\(attempt) in \(wait.components.seconds)s: \(failure)"
    case .taskStopping(let id, let cause): "record \(id) stopping: \(cause)"
    case .taskEnded(let task): "record \(task.id) \(task.state.word)"
    case .taskReused(let task): "record \(task.id) reused as \(task.state.word)"
    case .budgetExhausted(let limit): "record budget of \(limit.components.seconds)s exhausted"
    case .cancelRequested: "record cancel requested"
    case .abandonRequested: "record abandon requested"
    case .runEnded(let summary): "record run \(summary.result.rawValue)"
    }
  }
}

/// Holds whoever waits until it is opened, cancelled or not.
final class Gate: Sendable {
  private let state = Mutex<(isOpen: Bool, waiters: [CheckedContinuation<Void, Never>])>((false, []))

  func wait() async {
    await withCheckedContinuation { continuation in
      let isOpen = state.withLock { state in
        if !state.isOpen { state.waiters.append(continuation) }
        return state.isOpen
      }
      if isOpen { continuation.resume() }
    }
  }

  func open() {
    let waiters = state.withLock { state in
      defer { state = (true, []) }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }
}

/// Waits until the surrounding task is cancelled, then throws as cancelled work does.
func waitForCancellation() async throws {
  let gate = Gate()
  await withTaskCancellationHandler {
    await gate.wait()
  } onCancel: {
    gate.open()
  }
  throw CancellationError()
}
