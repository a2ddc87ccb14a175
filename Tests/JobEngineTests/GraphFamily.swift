import JobEngine

/// All graphs with a number of jobs, up to the order in which the jobs are declared.
///
/// Each pair of jobs is without an edge or has one of a kind, and each job with needs has one of the conditions. Of
/// graphs that differ only in which job is which, one is kept: the rest behave alike but for who comes first.
struct GraphFamily {
  let jobCount: Int
  /// Whether graphs that differ only in which job is which are all kept, as long as jobs come after what they need:
  /// of tasks that could start, the one declared first does, so where they compete the numbering decides the order.
  var keepsNumberings = false
  var kinds: [JobNode.Need.Kind] = JobNode.Need.Kind.allCases
  var conditions = JobNode.Condition.allCases
  /// The conditions of jobs that need nothing.
  var rootConditions: [JobNode.Condition] = [.success]
  var timeout: Duration?
  var retry = RetryPolicy.never
  var capacity = 1
  var budget: Duration?

  /// The graphs, always in the same order; or every `step`th of them, beginning with number `first`.
  func graphs(each step: Int = 1, from first: Int = 0) throws -> [JobGraph] {
    var seen: Set<[Int]> = []
    var graphs: [JobGraph] = []
    var number = 0
    for edges in edgeSets() {
      for conditions in conditionSets(edges)
      where keepsNumberings || seen.insert(canonical(edges, conditions)).inserted {
        if number >= first, (number - first) % step == 0 { graphs.append(try graph(edges, conditions)) }
        number += 1
      }
    }
    return graphs
  }

  /// Matrices with a zero for no edge, and one more than the number of the kind for an edge to an earlier job.
  private func edgeSets() -> [[[Int]]] {
    let pairs = (0..<jobCount).flatMap { later in (0..<later).map { (later, $0) } }
    var sets = [Array(repeating: Array(repeating: 0, count: jobCount), count: jobCount)]
    for (later, earlier) in pairs {
      sets = sets.flatMap { set in
        (0...kinds.count).map { kind in
          var set = set
          set[later][earlier] = kind
          return set
        }
      }
    }
    return sets
  }

  private func conditionSets(_ edges: [[Int]]) -> [[Int]] {
    var sets: [[Int]] = [[]]
    for job in edges {
      let choices = job.allSatisfy { $0 == 0 } ? rootConditions : conditions
      sets = sets.flatMap { set in
        choices.compactMap { JobNode.Condition.allCases.firstIndex(of: $0) }.map { set + [$0] }
      }
    }
    return sets
  }

  /// The least description of the graph under any numbering of its jobs.
  private func canonical(_ edges: [[Int]], _ conditions: [Int]) -> [Int] {
    var least: [Int] = []
    for numbering in Self.permutations(of: jobCount) {
      var description: [Int] = []
      for job in numbering {
        description.append(conditions[job])
        for other in numbering { description.append(edges[job][other]) }
      }
      if least.isEmpty || description.lexicographicallyPrecedes(least) { least = description }
    }
    return least
  }

  private static func permutations(of count: Int) -> [[Int]] {
    guard count > 0 else { return [[]] }
    return permutations(of: count - 1).flatMap { shorter in
      (0..<count).map { place in
        var longer = shorter
        longer.insert(count - 1, at: place)
        return longer
      }
    }
  }

  private func graph(_ edges: [[Int]], _ conditions: [Int]) throws -> JobGraph {
    let names = ["a", "b", "c", "d"]
    let jobs = (0..<jobCount).map { job in
      JobNode(
        names[job],
        needs: (0..<jobCount).filter { edges[job][$0] > 0 }.map {
          JobNode.Need(names[$0], kind: kinds[edges[job][$0] - 1])
        },
        condition: JobNode.Condition.allCases[conditions[job]], resources: ["disk"], timeout: timeout, retry: retry)
    }
    return try JobGraph(jobs: jobs, capacities: ["disk": capacity], budget: budget)
  }
}
