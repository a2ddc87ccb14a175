/// The references of a schedule's jobs to each other and to resources.
struct JobReferences {
  let jobs: [JobDeclaration]
  let resources: [String: Int]

  /// Checks that every reference leads somewhere and that no job waits for itself.
  func check() throws(PolicyError) {
    let names = Set(jobs.map(\.name))
    for job in jobs {
      for (key, references) in [("of", job.of), ("after", job.after)] {
        for reference in references where !names.contains(reference) {
          throw PolicyError(
            at: job.location,
            "job `\(job.name)` names in `\(key)` the job `\(reference)`, which is not declared"
              + suggestion(for: reference, among: names),
            hint: "jobs of this schedule: \(listed(jobs.map(\.name)))")
        }
      }
      for resource in job.uses where resources[resource] == nil {
        throw PolicyError(
          at: job.location,
          "job `\(job.name)` uses the resource `\(resource)`, which is not declared"
            + suggestion(for: resource, among: resources.keys),
          hint: resources.isEmpty
            ? "declare it: `resources: {\(resource): 1}`"
            : "resources of this schedule: \(listed(resources.keys.sorted()))")
      }
    }
    if let cycle = firstCycle() {
      let location = jobs.first { $0.name == cycle[0] }?.location ?? jobs[0].location
      throw PolicyError(
        at: location, "jobs wait for each other in a cycle: \((cycle + [cycle[0]]).joined(separator: " -> "))",
        hint: "an arrow reads \"waits for\"")
    }
  }

  /// The jobs of a cycle, each waiting for the next and the last for the first; nil if there is none.
  ///
  /// Jobs that wait for no remaining job are taken away until none is left or each remaining one waits for another;
  /// following those waits must then come back. No recursion: a schedule may be a long chain.
  private func firstCycle() -> [String]? {
    var waits: [String: [String]] = [:]
    for job in jobs { waits[job.name] = job.dependencies }
    var waiters: [String: [String]] = [:]
    for job in jobs { for name in job.dependencies { waiters[name, default: []].append(job.name) } }
    var open = waits.mapValues(\.count)
    var free = jobs.map(\.name).filter { open[$0] == 0 }
    while let name = free.popLast() {
      open[name] = nil
      for waiter in waiters[name] ?? [] {
        guard let count = open[waiter] else { continue }
        open[waiter] = count - 1
        if count == 1 { free.append(waiter) }
      }
    }
    guard var name = jobs.map(\.name).first(where: { open[$0] != nil }) else { return nil }
    var path: [String] = []
    var places: [String: Int] = [:]
    while places[name] == nil {
      places[name] = path.count
      path.append(name)
      guard let next = waits[name]?.first(where: { open[$0] != nil }) else { return nil }
      name = next
    }
    return Array(path[(places[name] ?? 0)...])
  }
}
