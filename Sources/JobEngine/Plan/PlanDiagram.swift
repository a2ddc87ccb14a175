/// A plan as the source of a diagram: Mermaid or Graphviz DOT.
///
/// Names of jobs and tasks appear in labels only, escaped; what the languages could take for syntax are numbers.
public struct PlanDiagram {
  private let plan: GraphPlan
  private let tasksShown: Int

  /// Prepares a plan for drawing.
  ///
  /// - Parameter tasksShown: How many tasks of each job are named in its box.
  public init(_ plan: GraphPlan, tasksShown: Int = 8) {
    self.plan = plan
    self.tasksShown = tasksShown
  }

  /// Mermaid: a box for each job (round if it always runs, pointed if it runs after a failure), an arrow for each need.
  ///
  /// Labels are quoted; what could end them or be taken for markup is written as entity codes
  /// (https://mermaid.js.org/syntax/flowchart.html, "Entity codes to escape characters").
  public var mermaid: String {
    var lines = ["flowchart TD"]
    for (number, job) in plan.jobs.enumerated() {
      let label = labelLines(of: job).map(Self.mermaidText).joined(separator: "<br/>")
      switch job.node.condition {
      case .success: lines.append("  j\(number)[\"\(label)\"]")
      case .always: lines.append("  j\(number)([\"\(label)\"])")
      case .failure: lines.append("  j\(number){{\"\(label)\"}}")
      }
    }
    for edge in edges {
      lines.append("  j\(edge.from) \(edge.kind == .of ? "-->" : "-.->")|\(edge.kind.rawValue)| j\(edge.to)")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// DOT: boxes and arrows as in `mermaid`; labels are quoted strings; what has a meaning in them is escaped.
  public var dot: String {
    var lines = ["digraph \"\(Self.dotText(plan.title))\" {", "  rankdir=TB;", "  node [shape=box];"]
    for (number, job) in plan.jobs.enumerated() {
      let label = labelLines(of: job).map(Self.dotText).joined(separator: "\\n")
      let style =
        switch job.node.condition {
        case .success: ""
        case .always: ", style=rounded"
        case .failure: ", shape=hexagon"
        }
      lines.append("  j\(number) [label=\"\(label)\"\(style)];")
    }
    for edge in edges {
      let style = edge.kind == .of ? "" : ", style=dashed"
      lines.append("  j\(edge.from) -> j\(edge.to) [label=\"\(edge.kind.rawValue)\"\(style)];")
    }
    return (lines + ["}"]).joined(separator: "\n") + "\n"
  }

  private var edges: [(from: Int, to: Int, kind: JobNode.Need.Kind)] {
    let numbers = Dictionary(uniqueKeysWithValues: plan.jobs.enumerated().map { ($1.node.name, $0) })
    return plan.jobs.enumerated().flatMap { number, job in
      job.node.needs.compactMap { need in numbers[need.job].map { (from: $0, to: number, kind: need.kind) } }
    }
  }

  private func labelLines(of job: GraphPlan.Job) -> [String] {
    let tasks = job.tasks ?? []
    var lines = [job.node.name, job.tally]
    if !job.node.resources.isEmpty { lines.append("uses \(job.node.resources.joined(separator: ", "))") }
    lines += tasks.prefix(tasksShown).map { "\($0.subject): \($0.traits)" }
    if tasks.count > tasksShown { lines.append("and \(tasks.count - tasksShown) more") }
    return lines
  }

  private static func mermaidText(_ text: String) -> String {
    var result = ""
    for character in text.unicodeScalars {
      switch character {
      case "\"", "#", "&", "<", ">", "`", ";", "\\": result += "#\(character.value);"
      case _ where character.value < 0x20 || character.value == 0x7F: result += " "
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }

  private static func dotText(_ text: String) -> String {
    var result = ""
    for character in text.unicodeScalars {
      switch character {
      case "\"", "\\": result += "\\\(character)"
      case "&": result += "&amp;"
      case _ where character.value < 0x20 || character.value == 0x7F: result += " "
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }
}
