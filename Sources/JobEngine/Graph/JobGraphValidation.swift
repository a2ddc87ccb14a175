/// The checks of a graph that look at one job or one resource at a time.
struct JobGraphValidation {
  let jobs: [JobNode]
  let capacities: [String: Int]

  func check() throws(JobEngineError) {
    for (resource, capacity) in capacities.sorted(by: { $0.key < $1.key }) where capacity < 1 {
      throw .invalidCapacity(resource: resource, capacity: capacity)
    }
    var names: Set<String> = []
    for job in jobs where !names.insert(job.name).inserted {
      throw .duplicateJob(job.name)
    }
    for job in jobs {
      try checkReferences(of: job, among: names)
      try checkLimits(of: job)
    }
  }

  private func checkReferences(of job: JobNode, among names: Set<String>) throws(JobEngineError) {
    var needs: Set<JobNode.Need> = []
    for need in job.needs {
      guard names.contains(need.job) else {
        throw .unknownJob(need.job, neededBy: job.name, known: jobs.map(\.name).filter { $0 != job.name })
      }
      guard needs.insert(need).inserted else {
        throw .invalidJob(job.name, why: "it lists \(need.job) twice under '\(need.kind.rawValue)'")
      }
    }
    var resources: Set<String> = []
    for resource in job.resources {
      guard capacities[resource] != nil else {
        throw .unknownResource(resource, usedBy: job.name, known: capacities.keys.sorted())
      }
      guard resources.insert(resource).inserted else {
        throw .invalidJob(job.name, why: "it lists the resource \(resource) twice")
      }
    }
  }

  private func checkLimits(of job: JobNode) throws(JobEngineError) {
    if job.name.isEmpty { throw .invalidJob("''", why: "a job needs a name") }
    if job.condition == .failure, job.needs.isEmpty {
      throw .invalidJob(job.name, why: "it runs only when a need failed, but needs nothing, so it would never run")
    }
    if job.retry.attempts < 1 {
      throw .invalidJob(job.name, why: "it allows \(job.retry.attempts) attempts; the least is 1")
    }
    if job.retry.backoff < .zero || job.retry.longestBackoff < .zero {
      throw .invalidJob(job.name, why: "its backoff is negative")
    }
    for (limit, word) in [(job.timeout, "timeout"), (job.taskBudget, "task budget")] {
      if let limit, limit <= .zero { throw .invalidJob(job.name, why: "its \(word) isn't longer than zero") }
    }
  }
}
