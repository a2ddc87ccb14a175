/// A plan as a tree of text: each job beneath the one it waits for last, its tasks beneath it.
public struct PlanTree {
  private let plan: GraphPlan
  /// The jobs beneath each job, and beneath the root under nil.
  private let children: [String?: [GraphPlan.Job]]

  /// Arranges a plan.
  public init(_ plan: GraphPlan) {
    self.plan = plan
    let place = Dictionary(uniqueKeysWithValues: plan.graph.topologicalOrder.enumerated().map { ($1, $0) })
    children = Dictionary(grouping: plan.jobs) { job in
      job.node.needs.map(\.job).max { place[$0, default: 0] < place[$1, default: 0] }
    }
  }

  /// The lines of the tree, without line ends.
  ///
  /// - Parameter tasksShown: How many tasks of each job are named; nil means all.
  public func lines(tasksShown: Int? = nil) -> [String] {
    [heading] + lines(beneath: nil, indent: "", tasksShown: tasksShown)
  }

  private var heading: String {
    let estimate = RunEstimate(plan)
    var parts = [plan.jobs.count == 1 ? "1 job" : "\(plan.jobs.count) jobs", estimate.text]
    if let budget = plan.graph.budget {
      parts.append("budget \(budget.text)\(estimate.duration > budget ? ", which will not be enough" : "")")
    }
    return "\(plan.title)  [\(parts.joined(separator: "; "))]"
  }

  private func lines(beneath job: GraphPlan.Job?, indent: String, tasksShown: Int?) -> [String] {
    let jobs = children[job?.node.name, default: []]
    let tasks = taskLines(of: job, atMost: tasksShown)
    var lines: [String] = []
    for (number, task) in tasks.enumerated() {
      let isLast = jobs.isEmpty && number == tasks.count - 1
      lines.append("\(indent)\(isLast ? "└─ " : "├─ ")\(task)")
    }
    for (number, child) in jobs.enumerated() {
      let isLast = number == jobs.count - 1
      lines.append("\(indent)\(isLast ? "└─ " : "├─ ")\(text(of: child))")
      lines += self.lines(beneath: child, indent: indent + (isLast ? "   " : "│  "), tasksShown: tasksShown)
    }
    return lines
  }

  private func text(of job: GraphPlan.Job) -> String {
    let traits = [job.traits, job.tasks == nil ? job.tally : ""].filter { !$0.isEmpty }
    return job.node.name + (traits.isEmpty ? "" : "  [\(traits.joined(separator: "; "))]")
  }

  private func taskLines(of job: GraphPlan.Job?, atMost shown: Int?) -> [String] {
    let tasks = job?.tasks ?? []
    let named = tasks.prefix(shown ?? tasks.count).map { "• \($0.subject)  (\($0.traits))" }
    return named.count < tasks.count ? named + ["• and \(tasks.count - named.count) more"] : named
  }
}
