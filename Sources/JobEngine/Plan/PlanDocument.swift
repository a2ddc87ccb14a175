/// A plan as data for other programs; encoded as JSON its keys are the names of the properties.
///
/// Durations are in seconds; a key whose value isn't known is left out.
public struct PlanDocument: Hashable, Sendable, Encodable {
  /// A task of a job.
  public struct Task: Hashable, Sendable, Encodable {
    /// What the job would be applied to.
    public let subject: String
    /// How that ended the last time; left out if it was never done.
    public let lastResult: String?
    /// The seconds since it was last done; left out if it never was.
    public let stalenessSeconds: Double?
    /// The seconds that it will probably take.
    public let estimateSeconds: Double?
  }

  /// A job.
  public struct Job: Hashable, Sendable, Encodable {
    /// The name.
    public let name: String
    /// The jobs whose results it fans out over.
    public let of: [String]
    /// The jobs that it only comes after.
    public let after: [String]
    /// `success`, `always` or `failure`.
    public let when: String
    /// The resources of which each task holds one unit.
    public let uses: [String]
    /// The seconds that one attempt may take.
    public let timeoutSeconds: Double?
    /// How often a task is attempted at most.
    public let attempts: Int
    /// The tasks; left out if they can't be known before the run.
    public let tasks: [Task]?
  }

  /// What is planned.
  public let title: String
  /// The jobs in the order of declaration.
  public let jobs: [Job]
  /// The units of each resource.
  public let resources: [String: Int]
  /// The seconds after which a run starts nothing new.
  public let budgetSeconds: Double?
  /// The seconds that the run will probably take, what isn't known counted as none.
  public let estimateSeconds: Double
  /// Whether the time of everything is known.
  public let estimateIsComplete: Bool

  /// Describes a plan.
  public init(_ plan: GraphPlan) {
    let estimate = RunEstimate(plan)
    title = plan.title
    resources = plan.graph.capacities
    budgetSeconds = plan.graph.budget?.seconds
    estimateSeconds = estimate.duration.seconds
    estimateIsComplete = estimate.isComplete
    jobs = plan.jobs.map { job in
      Job(
        name: job.node.name, of: job.node.needs.filter { $0.kind == .of }.map(\.job),
        after: job.node.needs.filter { $0.kind == .after }.map(\.job), when: job.node.condition.rawValue,
        uses: job.node.resources, timeoutSeconds: job.node.timeout?.seconds, attempts: job.node.retry.attempts,
        tasks: job.tasks?.map { task in
          Task(
            subject: task.subject, lastResult: task.lastResult, stalenessSeconds: task.staleness?.seconds,
            estimateSeconds: task.estimate?.seconds)
        })
    }
  }
}

extension Duration {
  /// The duration in seconds.
  fileprivate var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) / 1e18
  }
}
