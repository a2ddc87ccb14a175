@testable import JobEngine

/// A machine whose jobs are told one after the other which tasks they have, for tests of single rules.
struct RunningMachine {
  typealias Machine = RunMachine<String>

  private(set) var machine: Machine
  /// All actions so far, in order.
  private(set) var actions: [Machine.Action] = []
  private(set) var now = Duration.zero

  init(
    _ jobs: [JobNode], _ capacities: [String: Int] = [:], budget: Duration? = nil,
    finished: [FinishedTask<String>] = []
  ) throws {
    let graph = try JobGraph(jobs: jobs, capacities: capacities, budget: budget)
    machine = Machine(graph: graph, finished: finished)
    tell(.started)
  }

  mutating func tell(_ event: Machine.Event, after wait: Duration = .zero) {
    now += wait
    actions += machine.handle(event, at: now)
  }

  mutating func expand(_ job: String, _ subjects: String...) {
    tell(.jobExpanded(job: job, tasks: subjects.map { PlannedTask($0) }))
  }

  mutating func finish(_ job: String, _ subject: String, _ outcome: TaskOutcome = .succeeded) {
    let id = TaskID(job: job, subject: subject)
    tell(.taskFinished(id, attempt: attempts(of: id), outcome))
  }

  mutating func fail(_ job: String, _ subject: String, _ failure: TaskFailure) {
    let id = TaskID(job: job, subject: subject)
    tell(.taskFailed(id, attempt: attempts(of: id), failure))
  }

  private func attempts(of id: TaskID<String>) -> Int {
    machine.summary.tasks.first { $0.id == id }?.attempts ?? 0
  }

  /// The attempts that were started, as in `archive nfs #1`.
  var starts: [String] {
    actions.compactMap { if case .start(let id, _, let attempt) = $0 { "\(id) #\(attempt)" } else { nil } }
  }

  /// The jobs that were asked for their tasks.
  var expanded: [String] {
    actions.compactMap { if case .expand(let job, _) = $0 { job } else { nil } }
  }

  /// The tasks and their ends, as in `archive nfs succeeded: 3 files`.
  var tasks: [String] {
    machine.summary.tasks.map { "\($0.id) \($0.state.word)\($0.message.isEmpty ? "" : ": \($0.message)")" }
  }

  /// The jobs and their ends, likewise.
  var jobs: [String] {
    machine.summary.jobs.map { "\($0.name) \($0.state.word)\($0.message.isEmpty ? "" : ": \($0.message)")" }
  }
}
