import Testing

@testable import JobEngine

/// Goes through every order of events on whole families of small graphs.
///
/// About 154,000 states of 430 graphs, in seconds. What is left out for the sake of time is in
/// `RunMachineFullExplorationTests`: all graphs of up to four tasks, with every kind of edge and condition.
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

  /// The same four jobs with time limits, both requests, clean-up that runs out, and death, all at once.
  @Test func keepsItsPromisesWithTimeLimitsOnEveryGraphOfFourJobsThatAreOfEachOther() throws {
    var exploration = Exploration()
    for graph in try GraphFamily(jobCount: 4, kinds: [.of], conditions: [.success], timeout: .seconds(10)).graphs() {
      try exploration.explore(FourTasks.scenario(graph), distinguishing: .outlook)
    }
    #expect(exploration.results == Set(RunResult.allCases))
    try exploration.tell("four jobs of each other with time limits")
  }

  /// A sample of what takes minutes: each 229th graph of four jobs, by turns with each capacity.
  @Test func keepsItsPromisesWithTimeLimitsOnSomeGraphsOfFourJobs() throws {
    var exploration = Exploration()
    for capacity in 1...4 {
      let family = GraphFamily(jobCount: 4, keepsNumberings: true, timeout: .seconds(10), capacity: capacity)
      for graph in try family.graphs(each: 229 * 4, from: 229 * capacity) {
        try exploration.explore(FourTasks.scenario(graph), distinguishing: .outlook)
      }
    }
    #expect(exploration.results == Set(RunResult.allCases))
    try exploration.tell("some graphs of four jobs with time limits")
  }

  /// Up to four tasks in one or two jobs, with time limits and all else that can happen to them.
  @Test(arguments: [1, 2], [1, 2])
  func keepsItsPromisesWithTimeLimitsOnEveryGraphOfFourTasks(jobs: Int, capacity: Int) throws {
    var exploration = Exploration()
    for scenario in try FanOutFamily(jobCount: jobs, capacity: capacity).scenarios() {
      try exploration.explore(scenario, distinguishing: .outlook)
    }
    #expect(exploration.results == Set(RunResult.allCases))
    try exploration.tell("four tasks in \(jobs) jobs with time limits, capacity \(capacity)")
  }
}
