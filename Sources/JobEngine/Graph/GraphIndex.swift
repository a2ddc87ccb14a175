/// A graph by numbers instead of names, so that a run looks nothing up by text.
///
/// Jobs and resources are numbered in the order of declaration and of the alphabet.
struct GraphIndex: Hashable, Sendable {
  /// The number of each job.
  let jobs: [String: Int]
  /// For each job what it needs, beside `JobNode.needs`.
  let needs: [[Int]]
  /// For each job those that need it, once for each edge, so that counting edges down is enough.
  let dependents: [[Int]]
  /// The names of the resources.
  let resources: [String]
  /// How many units there are of each resource.
  let capacities: [Int]
  /// The distinct sets of resources that jobs use.
  let resourceSets: [[Int]]
  /// For each job which of `resourceSets` it uses.
  let resourceSetOfJob: [Int]
  /// The jobs, each after all it needs.
  let topologicalOrder: [Int]

  init(_ graph: JobGraph) {
    let jobs = Dictionary(uniqueKeysWithValues: graph.jobs.enumerated().map { ($1.name, $0) })
    self.jobs = jobs
    needs = graph.jobs.map { $0.needs.compactMap { jobs[$0.job] } }
    var dependents = [[Int]](repeating: [], count: graph.jobs.count)
    for (job, needed) in needs.enumerated() {
      for need in needed { dependents[need].append(job) }
    }
    self.dependents = dependents
    let capacities = graph.capacities.sorted { $0.key < $1.key }
    resources = capacities.map(\.key)
    self.capacities = capacities.map(\.value)
    let numbers = Dictionary(uniqueKeysWithValues: capacities.enumerated().map { ($1.key, $0) })
    var sets: [[Int]] = []
    var known: [[Int]: Int] = [:]
    resourceSetOfJob = graph.jobs.map { job in
      let resources = job.resources.compactMap { numbers[$0] }.sorted()
      if let set = known[resources] { return set }
      known[resources] = sets.count
      sets.append(resources)
      return sets.count - 1
    }
    resourceSets = sets
    topologicalOrder = graph.topologicalOrder.compactMap { jobs[$0] }
  }

  /// The resources that a job uses.
  func resources(ofJob job: Int) -> [Int] { resourceSets[resourceSetOfJob[job]] }
}
