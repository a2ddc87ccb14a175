/// A validated graph of jobs and the capacities of the resources they use.
///
/// A value of this type has unique job names, no reference to anything unknown, no cycle, and only limits that
/// can be kept; so a run of it always ends.
public struct JobGraph: Hashable, Sendable {
  /// The time that stopped work has to answer, where a graph doesn't say.
  public static let defaultCleanUpLimit = Duration.seconds(60)

  /// The jobs in the order of declaration.
  public let jobs: [JobNode]
  /// How many tasks may hold each resource at once.
  public let capacities: [String: Int]
  /// The time after which a run starts nothing new, except tasks of jobs with the condition `always` or `failure`;
  /// nil means none.
  public let budget: Duration?
  /// The time that a task or an expansion has to answer after it was told to stop; then it is abandoned.
  public let cleanUpLimit: Duration
  /// The names of the jobs so that each comes after all it needs; otherwise in the order of declaration.
  public let topologicalOrder: [String]

  /// Validates jobs, capacities and limits.
  ///
  /// - Throws: `JobEngineError` with the first fault found: `invalidLimit`, `invalidCapacity`, `duplicateJob`,
  ///   `unknownJob`, `unknownResource`, `invalidJob` or `cycle`. A graph without jobs isn't an error.
  public init(
    jobs: [JobNode], capacities: [String: Int] = [:], budget: Duration? = nil,
    cleanUpLimit: Duration = JobGraph.defaultCleanUpLimit
  ) throws(JobEngineError) {
    if let budget, budget <= .zero { throw .invalidLimit("the run's budget", budget) }
    if cleanUpLimit <= .zero { throw .invalidLimit("the limit for clean-up", cleanUpLimit) }
    try JobGraphValidation(jobs: jobs, capacities: capacities).check()
    self.jobs = jobs
    self.capacities = capacities
    self.budget = budget
    self.cleanUpLimit = cleanUpLimit
    topologicalOrder = try JobOrder(jobs).sorted()
  }

  /// The job of that name.
  public subscript(name: String) -> JobNode? {
    jobs.first { $0.name == name }
  }
}
