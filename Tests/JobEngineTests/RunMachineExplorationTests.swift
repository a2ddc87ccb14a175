import TestSupport
import Testing

@testable import JobEngine

@Suite struct RunMachineExplorationTests {
  /// All graphs of three jobs: each pair without an edge, or with one of either kind, under each condition.
  static func graphsOfThreeJobs() throws -> [JobGraph] {
    let kinds: [JobNode.Need.Kind?] = [nil, .of, .after]
    var graphs: [JobGraph] = []
    for second in kinds {
      for third in kinds {
        for across in kinds {
          for middle in JobNode.Condition.allCases {
            for last in JobNode.Condition.allCases {
              let middleNeeds = [second.map { JobNode.Need("a", kind: $0) }].compactMap(\.self)
              let lastNeeds = [
                third.map { JobNode.Need("b", kind: $0) }, across.map { JobNode.Need("a", kind: $0) },
              ].compactMap(\.self)
              if middle == .failure && middleNeeds.isEmpty || last == .failure && lastNeeds.isEmpty { continue }
              graphs.append(
                try JobGraph(
                  jobs: [
                    JobNode("a", resources: ["disk"], timeout: .seconds(10)),
                    JobNode("b", needs: middleNeeds, condition: middle, resources: ["disk"]),
                    JobNode("c", needs: lastNeeds, condition: last),
                  ], capacities: ["disk": 1]))
            }
          }
        }
      }
    }
    return graphs
  }

  @Test func keepsItsPromisesInEveryOrderOfEventsOnEveryGraphOfThreeJobs() throws {
    var worlds = 0
    for graph in try Self.graphsOfThreeJobs() {
      worlds += try MachineScenario(graph: graph, subjects: ["x"]).exploreAll().worlds
    }
    #expect(worlds > 100_000)
  }

  @Test(arguments: JobNode.Condition.allCases)
  func keepsItsPromisesInEveryOrderOfEventsWithTwoTasksInEachOfThreeJobs(last: JobNode.Condition) throws {
    let graph = try JobGraph(
      jobs: [
        JobNode("archive", resources: ["disk"], timeout: .seconds(10)),
        JobNode("verify", needs: [.of("archive")], resources: ["disk"]),
        JobNode("retention", needs: [.after("verify")], condition: last, resources: ["disk"]),
      ], capacities: ["disk": 2])
    let exploration = try MachineScenario(graph: graph, subjects: ["x", "y"]).exploreAll()
    #expect(exploration.results == Set(RunResult.allCases))
  }

  @Test func keepsItsPromisesInEveryOrderOfEventsWithRetriesTimeoutsAndBudgets() throws {
    let graph = try JobGraph(
      jobs: [
        JobNode(
          "archive", resources: ["disk"], timeout: .seconds(10), taskBudget: .seconds(15),
          retry: RetryPolicy(attempts: 2, backoff: .seconds(1))),
        JobNode("verify", needs: [.of("archive")], timeout: .seconds(10)),
      ], capacities: ["disk": 1])
    let scenario = MachineScenario(
      graph: graph, subjects: ["x", "y"], endings: [.succeeded, .permanentFailure, .transientFailure])
    #expect(try scenario.exploreAll().results == [.ok, .degraded, .failed, .interrupted])
  }

  @Test func keepsItsPromisesWhenThreeJobsOfTwoTasksCompeteForTwoResources() throws {
    let graph = try JobGraph(
      jobs: [
        JobNode("a", resources: ["pool", "disk"]), JobNode("b", resources: ["disk"]),
        JobNode("c", needs: [.of("a"), .after("b")], resources: ["pool"]),
      ], capacities: ["pool": 1, "disk": 2])
    let scenario = MachineScenario(
      graph: graph, subjects: ["x", "y"], endings: [.succeeded, .permanentFailure], expansionsFail: false)
    #expect(try scenario.exploreAll().results == [.ok, .failed, .interrupted])
  }

  @Test(arguments: 0..<60 as Range<UInt64>)
  func keepsItsPromisesOnARandomLargerGraph(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let scenario = try randomScenario(using: &random)
    var world = MachineWorld(scenario.graph)
    try world.apply(.started)
    var steps = 0
    while let event = pick(from: scenario.events(in: world), using: &random) {
      try world.apply(event, after: .milliseconds(Int.random(in: 0...2000, using: &random)))
      steps += 1
      try #require(steps < 100_000, "seed \(seed): the run doesn't end")
    }
    #expect(world.result != nil, "seed \(seed)")
  }

  /// Cancelling is one event among many; it is made rare, so that most runs get far.
  private func pick(
    from events: [MachineScenario.Event], using random: inout SeededRandom
  ) -> MachineScenario.Event? {
    let others = events.filter { $0 != .cancelRequested }
    if others.isEmpty || others.count < events.count && Int.random(in: 0..<200, using: &random) == 0 {
      return events.first { $0 == .cancelRequested }
    }
    return others.randomElement(using: &random)
  }

  private func randomScenario(using random: inout SeededRandom) throws -> MachineScenario {
    let names = (0..<Int.random(in: 4...9, using: &random)).map { "job\($0)" }
    var jobs: [JobNode] = []
    for (index, name) in names.enumerated() {
      var needs: [JobNode.Need] = []
      for earlier in names[..<index] where Int.random(in: 0..<4, using: &random) == 0 {
        needs.append(Bool.random(using: &random) ? .of(earlier) : .after(earlier))
      }
      let conditions: [JobNode.Condition] = needs.isEmpty ? [.success, .always] : JobNode.Condition.allCases
      jobs.append(
        JobNode(
          name, needs: needs, condition: conditions.randomElement(using: &random) ?? .success,
          resources: ["pool", "disk", "net"].filter { _ in Bool.random(using: &random) },
          timeout: Bool.random(using: &random) ? .seconds(5) : nil,
          taskBudget: Bool.random(using: &random) ? .seconds(9) : nil,
          retry: RetryPolicy(attempts: Int.random(in: 1...3, using: &random), backoff: .seconds(1))))
    }
    let graph = try JobGraph(
      jobs: jobs.shuffled(using: &random), capacities: ["pool": 1, "disk": 2, "net": 3])
    return MachineScenario(
      graph: graph, subjects: (0..<Int.random(in: 1...7, using: &random)).map { "s\($0)" },
      endings: [.succeeded, .succeeded, .succeeded, .degraded, .permanentFailure, .transientFailure],
      expansionsFail: Bool.random(using: &random), sendsLateEvents: true)
  }
}
