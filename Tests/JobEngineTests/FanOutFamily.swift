import JobEngine

/// All ways in which up to four tasks can make up fewer jobs than tasks, or jobs that find nothing to do.
///
/// Each job that isn't `of` another has from no task to all of them. A job that is `of` others has one task for each
/// subject it is handed, or one for all of them. Subjects are those of other jobs or not, which only matters to a job
/// that is handed those of two.
struct FanOutFamily {
  let jobCount: Int
  /// The number of tasks that a graph has at most if all goes well.
  var taskCount = 4
  var capacity = 1

  private enum Subjects: CaseIterable {
    case shared, own
  }

  /// One scenario for each graph, with what can happen to it as in `FourTasks`, always in the same order.
  func scenarios() throws -> [MachineScenario] {
    let family = GraphFamily(jobCount: jobCount, timeout: .seconds(10), capacity: capacity)
    return try family.graphs().flatMap { graph in
      assignments(of: graph).flatMap { sizes in
        Subjects.allCases.flatMap { subjects in
          [false, true].compactMap { gathers in scenario(graph, sizes, subjects, gathers: gathers) }
        }
      }
    }
  }

  /// The numbers of tasks of the jobs that choose their own: one number for each of them.
  private func assignments(of graph: JobGraph) -> [[String: Int]] {
    var assignments: [[String: Int]] = [[:]]
    for job in graph.jobs where !isOfOthers(job) {
      assignments = assignments.flatMap { assignment in
        (0...taskCount).map { assignment.merging([job.name: $0]) { _, new in new } }
      }
    }
    return assignments
  }

  /// Nil if there are too many tasks, or if it is the same as another one.
  private func scenario(
    _ graph: JobGraph, _ sizes: [String: Int], _ subjects: Subjects, gathers: Bool
  ) -> MachineScenario? {
    var subjectsOfJobs: [String: [String]] = [:]
    var tasks: [String: Set<String>] = [:]
    var meet = false
    var gather = false
    // Jobs come after what they need.
    for job in graph.jobs {
      if isOfOthers(job) {
        let handed = job.needs.filter { $0.kind == .of }.map { tasks[$0.job] ?? [] }
        let all = handed.reduce(into: Set()) { $0.formUnion($1) }
        meet = meet || handed.count > 1
        gather = gather || all.count > 1
        tasks[job.name] = gathers ? (all.isEmpty ? [] : ["all"]) : all
      } else {
        let names = ["w", "x", "y", "z"].prefix(sizes[job.name] ?? 0).map { subjects == .own ? job.name + $0 : $0 }
        subjectsOfJobs[job.name] = names
        tasks[job.name] = Set(names)
      }
    }
    let counts = tasks.values.map(\.count)
    guard counts.reduce(0, +) <= taskCount, subjects == .shared || meet, !gathers || gather,
      // One task in each job is what `GraphFamily` is about.
      subjects == .own || gathers || counts.contains(where: { $0 != 1 })
    else { return nil }
    var scenario = FourTasks.scenario(graph)
    scenario.subjectsOfJobs = subjectsOfJobs
    scenario.gathers = gathers
    return scenario
  }

  private func isOfOthers(_ job: JobNode) -> Bool { job.needs.contains { $0.kind == .of } }
}
