import TestSupport
import Testing

@testable import JobEngine

/// Random orders of events on random graphs that are too large to go through.
@Suite struct RunMachineRandomTests {
  @Test(arguments: 0..<60 as Range<UInt64>)
  func keepsItsPromisesOnARandomLargerGraph(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let scenario = try randomScenario(using: &random)
    var world = try scenario.start()
    var steps = 0
    while let event = pick(from: scenario.events(in: world), using: &random) {
      world = try scenario.world(world, after: event, .milliseconds(Int.random(in: 0...2000, using: &random)))
      steps += 1
      try #require(steps < 100_000, "seed \(seed): the run doesn't end")
    }
    #expect(world.result != nil, "seed \(seed)")
  }

  @Test(arguments: 0..<30 as Range<UInt64>)
  func endsARandomRunWellThoughItDiesAgainAndAgain(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var scenario = try randomScenario(using: &random)
    // Nothing fails, so what is done only ever grows.
    (scenario.endings, scenario.expansions) = ([.succeeded, .degraded], .good)
    var world = try scenario.start()
    var deaths = 0
    while world.result == nil {
      let events = scenario.events(in: world).filter(isHarmless)
      if deaths < 100, Int.random(in: 0..<10, using: &random) == 0 {
        deaths += 1
        world = try scenario.start(finished: world.durable)
      } else if let event = events.randomElement(using: &random) {
        world = try scenario.world(world, after: event)
      }
    }
    #expect(world.result == .ok || world.result == .degraded, "seed \(seed)")
    #expect(Set(world.durable.keys) == Set(world.endedTasks.keys), "seed \(seed)")
  }

  private func isHarmless(_ event: MachineScenario.Event) -> Bool {
    switch event {
    case .cancelRequested, .abandonRequested, .timerFired: false
    default: true
    }
  }

  /// Requests and the run's budget are a few events among many; they are made rare, so that most runs get far.
  private func pick(
    from events: [MachineScenario.Event], using random: inout SeededRandom
  ) -> MachineScenario.Event? {
    let rare: Set<MachineScenario.Event> = [.cancelRequested, .abandonRequested, .timerFired(.runBudget)]
    let others = events.filter { !rare.contains($0) }
    if others.isEmpty || others.count < events.count && Int.random(in: 0..<200, using: &random) == 0 {
      return events.filter(rare.contains).randomElement(using: &random)
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
      jobs: jobs.shuffled(using: &random), capacities: ["pool": 1, "disk": 2, "net": 3],
      budget: Bool.random(using: &random) ? .seconds(60) : nil)
    return MachineScenario(
      graph: graph, subjects: (0..<Int.random(in: 1...7, using: &random)).map { "s\($0)" },
      endings: [.succeeded, .succeeded, .succeeded, .degraded, .permanentFailure, .transientFailure],
      expansions: Bool.random(using: &random) ? .any : .good, sendsLateEvents: true)
  }
}
