/// Orders jobs so that each comes after all it needs, or finds the cycle that makes it impossible.
struct JobOrder {
  private let jobs: [JobNode]
  private let numbers: [String: Int]

  /// Takes jobs with distinct names that need each other only.
  init(_ jobs: [JobNode]) {
    self.jobs = jobs
    numbers = Dictionary(uniqueKeysWithValues: jobs.enumerated().map { ($1.name, $0) })
  }

  /// Takes, again and again, the first declared job whose needs are all taken.
  func sorted() throws(JobEngineError) -> [String] {
    var open = jobs.map(\.needs.count)
    var dependents = [[Int]](repeating: [], count: jobs.count)
    for (number, job) in jobs.enumerated() {
      for need in job.needs.compactMap({ numbers[$0.job] }) { dependents[need].append(number) }
    }
    // Last first, so that taking the first is cheap.
    var free = [Int](jobs.indices.filter { open[$0] == 0 }.reversed())
    var order: [String] = []
    while let next = free.popLast() {
      order.append(jobs[next].name)
      for dependent in dependents[next] {
        open[dependent] -= 1
        if open[dependent] == 0 { insert(dependent, into: &free) }
      }
    }
    guard order.count == jobs.count else { throw .cycle(cycle(among: jobs.indices.filter { open[$0] > 0 })) }
    return order
  }

  private func insert(_ number: Int, into descending: inout [Int]) {
    var range = descending.startIndex..<descending.endIndex
    while !range.isEmpty {
      let middle = range.lowerBound + range.count / 2
      range = descending[middle] > number ? middle + 1..<range.upperBound : range.lowerBound..<middle
    }
    descending.insert(number, at: range.lowerBound)
  }

  /// A cycle among jobs each of which needs another of them, first name repeated at the end.
  private func cycle(among open: [Int]) -> [String] {
    let members = Set(open)
    var path: [Int] = []
    var steps: [Int: Int] = [:]
    var current = open.first
    while let job = current {
      if let start = steps[job] { return (path[start...] + [job]).map { jobs[$0].name } }
      steps[job] = path.count
      path.append(job)
      current = jobs[job].needs.lazy.compactMap { numbers[$0.job] }.first(where: members.contains)
    }
    return path.map { jobs[$0].name }
  }
}
