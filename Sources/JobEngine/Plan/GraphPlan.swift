/// What a run would do, as far as that can be known beforehand: to be shown, not performed.
public struct GraphPlan: Hashable, Sendable {
  /// One task that a job would have.
  public struct Task: Hashable, Sendable {
    /// What the job would be applied to, as text.
    public let subject: String
    /// How that ended the last time, in a few words; nil means it was never done.
    public let lastResult: String?
    /// The time since it was last done; nil means never, which starts first.
    public let staleness: Duration?
    /// How long it will probably take; nil means unknown.
    public let estimate: Duration?

    /// Describes a task.
    public init(_ subject: String, lastResult: String? = nil, staleness: Duration? = nil, estimate: Duration? = nil) {
      self.subject = subject
      self.lastResult = lastResult
      self.staleness = staleness
      self.estimate = estimate
    }
  }

  /// One job and the tasks that it would have.
  public struct Job: Hashable, Sendable {
    /// The job as the graph has it.
    public let node: JobNode
    /// Its tasks as an expansion would plan them; nil if that can't be known before the jobs it needs have run.
    public let tasks: [Task]?
  }

  /// What is planned, such as the name of a schedule.
  public let title: String
  /// The graph.
  public let graph: JobGraph
  /// The jobs in the order of declaration.
  public let jobs: [Job]

  /// Makes a plan.
  ///
  /// - Parameter tasks: The tasks of each job by its name; a job that isn't there finds them only while running.
  public init(_ title: String, graph: JobGraph, tasks: [String: [Task]]) {
    self.title = title
    self.graph = graph
    jobs = graph.jobs.map { Job(node: $0, tasks: tasks[$0.name]) }
  }
}

extension GraphPlan.Job {
  /// What the job needs, uses and allows, as in `of volumes, nfs; uses backup-disk; timeout 2h`; may be empty.
  var traits: String {
    var parts: [String] = []
    for kind in JobNode.Need.Kind.allCases {
      let needs = node.needs.filter { $0.kind == kind }.map(\.job)
      if !needs.isEmpty { parts.append("\(kind.rawValue) \(needs.joined(separator: ", "))") }
    }
    if node.condition != .success { parts.append("when \(node.condition.rawValue)") }
    if !node.resources.isEmpty { parts.append("uses \(node.resources.joined(separator: ", "))") }
    if let timeout = node.timeout { parts.append("timeout \(timeout.text)") }
    if let budget = node.taskBudget { parts.append("at most \(budget.text) a task") }
    if node.retry.attempts > 1 { parts.append("up to \(node.retry.attempts) attempts") }
    return parts.joined(separator: "; ")
  }

  /// How many tasks there are, as a clause.
  var tally: String {
    guard let tasks else { return "tasks not known yet" }
    return tasks.count == 1 ? "1 task" : "\(tasks.count) tasks"
  }
}

extension GraphPlan.Task {
  /// What is known of the task beside its name, as in `succeeded; about 4m`.
  var traits: String {
    ([lastResult ?? "never done"] + (estimate.map { ["about \($0.text)"] } ?? [])).joined(separator: "; ")
  }
}
