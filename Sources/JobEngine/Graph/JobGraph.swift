/// A validated graph of jobs and the capacities of the resources they use.
///
/// A value of this type has unique job names, no reference to anything unknown, no cycle, and only limits that
/// can be kept; so a run of it always ends once its bodies do.
public struct JobGraph: Hashable, Sendable {
  /// The jobs in the order of declaration.
  public let jobs: [JobNode]
  /// How many tasks may hold each resource at once.
  public let capacities: [String: Int]
  /// The names of the jobs so that each comes after all it needs; otherwise in the order of declaration.
  public let topologicalOrder: [String]

  /// Validates jobs and capacities.
  ///
  /// - Throws: `JobEngineError` with the first fault found: `duplicateJob`, `invalidJob`, `unknownJob`,
  ///   `unknownResource`, `invalidCapacity` or `cycle`. A graph without jobs isn't an error.
  public init(jobs: [JobNode], capacities: [String: Int] = [:]) throws(JobEngineError) {
    try JobGraphValidation(jobs: jobs, capacities: capacities).check()
    self.jobs = jobs
    self.capacities = capacities
    topologicalOrder = try Self.sort(jobs)
  }

  /// The job of that name.
  public subscript(name: String) -> JobNode? {
    jobs.first { $0.name == name }
  }

  /// Takes, again and again, the first declared job whose needs are all taken.
  private static func sort(_ jobs: [JobNode]) throws(JobEngineError) -> [String] {
    var order: [String] = []
    var taken: Set<String> = []
    var rest = jobs
    while !rest.isEmpty {
      guard let next = rest.firstIndex(where: { job in job.needs.allSatisfy { taken.contains($0.job) } }) else {
        throw .cycle(cycle(among: rest))
      }
      let job = rest.remove(at: next)
      taken.insert(job.name)
      order.append(job.name)
    }
    return order
  }

  /// A cycle among jobs each of which needs another of them, first name repeated at the end.
  private static func cycle(among jobs: [JobNode]) -> [String] {
    let byName = Dictionary(uniqueKeysWithValues: jobs.map { ($0.name, $0) })
    var path: [String] = []
    var current = jobs.first
    while let job = current {
      if let start = path.firstIndex(of: job.name) { return path[start...] + [job.name] }
      path.append(job.name)
      current = job.needs.lazy.compactMap { byName[$0.job] }.first
    }
    return path
  }
}
