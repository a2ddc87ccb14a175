import Testing

@testable import JobEngine

/// Goes through every order of events on whole families of small graphs.
///
/// About 120,000 states of 200 graphs, in seconds. What is left out for the sake of time is in
/// `RunMachineFullExplorationTests`: 5,200,000 states of 18,400 graphs.
@Suite struct RunMachineExplorationTests {
  /// Edges, conditions, endings, both requests, clean-up that runs out, and death; up to 3 jobs of one task each.
  @Test(arguments: [1, 2, 3])
  func keepsItsPromisesOnEveryGraph(jobs: Int) throws {
    var exploration = Exploration()
    for graph in try GraphFamily(jobCount: jobs).graphs() {
      try exploration.explore(MachineScenario(graph: graph, subjects: ["x"], expansions: .immediate))
    }
    #expect(exploration.results == Set(RunResult.allCases))
    try exploration.tell("edges of \(jobs) jobs")
  }

  /// The same with four jobs that hand results on, of the default condition.
  @Test func keepsItsPromisesOnEveryGraphOfFourJobsThatAreOfEachOther() throws {
    var exploration = Exploration()
    for graph in try GraphFamily(jobCount: 4, kinds: [.of], conditions: [.success]).graphs() {
      try exploration.explore(
        MachineScenario(
          graph: graph, subjects: ["x"], endings: [.succeeded, .permanentFailure], expansions: .immediate,
          canBeAbandoned: false))
    }
    #expect(exploration.graphs == 31, "the number of acyclic graphs of four nodes")
    #expect(exploration.results == [.ok, .failed, .interrupted])
    try exploration.tell("four jobs of each other")
  }

  /// Everything that can happen, at any time, to two jobs.
  @Test(arguments: [1, 2])
  func keepsItsPromisesWhateverHappensToEveryGraph(jobs: Int) throws {
    var exploration = Exploration()
    let family = GraphFamily(
      jobCount: jobs, timeout: .seconds(10),
      retry: RetryPolicy(attempts: 2, backoff: .seconds(1)), budget: .seconds(60))
    for graph in try family.graphs() {
      try exploration.explore(
        MachineScenario(graph: graph, subjects: ["x"], endings: [.succeeded, .permanentFailure, .transientFailure]))
    }
    #expect(exploration.results == Set(RunResult.allCases))
    try exploration.tell("all events on \(jobs) jobs")
  }

  @Test(arguments: JobNode.Condition.allCases)
  func keepsItsPromisesWithTwoTasksInEachOfTwoJobs(last: JobNode.Condition) throws {
    let graph = try JobGraph(
      jobs: [
        JobNode("archive", resources: ["disk"], timeout: .seconds(10)),
        JobNode("verify", needs: [.of("archive")], condition: last, resources: ["disk"]),
      ], capacities: ["disk": 2], budget: .seconds(60))
    var exploration = Exploration()
    try exploration.explore(
      MachineScenario(graph: graph, subjects: ["x", "y"], endings: [.succeeded, .permanentFailure], expansions: .good))
    #expect(exploration.results == Set(RunResult.allCases))
    try exploration.tell("two jobs of two tasks, \(last)")
  }

  @Test func keepsItsPromisesWithRetriesTimeoutsAndBudgets() throws {
    let graph = try JobGraph(
      jobs: [
        JobNode(
          "archive", resources: ["disk"], timeout: .seconds(10), taskBudget: .seconds(15),
          retry: RetryPolicy(attempts: 2, backoff: .seconds(1)))
      ], capacities: ["disk": 1], budget: .seconds(60))
    var exploration = Exploration()
    try exploration.explore(
      MachineScenario(
        graph: graph, subjects: ["x", "y"], endings: [.succeeded, .permanentFailure, .transientFailure]))
    #expect(exploration.results == Set(RunResult.allCases))
    try exploration.tell("retries")
  }

  @Test func keepsItsPromisesWhenFourTasksCompeteForTwoResources() throws {
    let graph = try JobGraph(
      jobs: [
        JobNode("a", resources: ["pool", "disk"], timeout: .seconds(10)), JobNode("b", resources: ["disk"]),
      ], capacities: ["pool": 1, "disk": 2])
    var exploration = Exploration()
    try exploration.explore(
      MachineScenario(graph: graph, subjects: ["x", "y"], endings: [.succeeded, .permanentFailure], expansions: .good))
    #expect(exploration.results == Set(RunResult.allCases))
    try exploration.tell("two resources")
  }
}
