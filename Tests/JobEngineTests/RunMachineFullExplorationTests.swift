import Foundation
import Testing

@testable import JobEngine

/// The families of graphs that take minutes: run with `EXPLORE_ALL=1`, best optimized.
///
///     EXPLORE_ALL=1 swift test -c release -Xswiftc -enable-testing --filter RunMachineFullExploration
@Suite(.enabled(if: ProcessInfo.processInfo.environment["EXPLORE_ALL"] == "1"))
struct RunMachineFullExplorationTests {
  /// Every edge, condition and ending, the cancel request, clean-up that runs out, and death; 4 jobs of one task each.
  @Test(arguments: [1, 2])
  func keepsItsPromisesOnEveryGraphOfFourJobs(capacity: Int) throws {
    var exploration = Exploration()
    for graph in try GraphFamily(jobCount: 4, capacity: capacity).graphs() {
      try exploration.explore(
        MachineScenario(
          graph: graph, subjects: ["x"], endings: [.succeeded, .permanentFailure], expansions: .immediate,
          canBeAbandoned: false))
    }
    #expect(exploration.results == [.ok, .failed, .interrupted])
    try exploration.tell("four jobs, capacity \(capacity)")
  }

  /// Time limits, clean-up that runs out, the run's budget, both requests and death, with three jobs.
  @Test func keepsItsPromisesWithEveryLimitOnEveryGraphOfThreeJobs() throws {
    var exploration = Exploration()
    let family = GraphFamily(
      jobCount: 3, kinds: [.of], rootConditions: [.success, .always], timeout: .seconds(10), budget: .seconds(60))
    for graph in try family.graphs() {
      try exploration.explore(
        MachineScenario(
          graph: graph, subjects: ["x"], endings: [.succeeded, .permanentFailure], expansions: .immediate))
    }
    #expect(exploration.results == Set(RunResult.allCases))
    try exploration.tell("three jobs, all limits")
  }

  /// Four tasks of one or two jobs, with everything that can happen to them.
  @Test(arguments: [1, 2, 3])
  func keepsItsPromisesWithFourTasksInTwoJobs(capacity: Int) throws {
    var exploration = Exploration()
    for condition in JobNode.Condition.allCases {
      let retry = RetryPolicy(attempts: 2, backoff: .seconds(1))
      let graph = try JobGraph(
        jobs: [
          JobNode("a", resources: ["disk"], timeout: .seconds(10), retry: retry),
          JobNode("b", needs: [.of("a")], condition: condition, resources: ["disk"], timeout: .seconds(10)),
        ], capacities: ["disk": capacity], budget: .seconds(60))
      try exploration.explore(
        MachineScenario(
          graph: graph, subjects: ["x", "y"], endings: [.succeeded, .permanentFailure, .transientFailure]))
    }
    #expect(exploration.results == Set(RunResult.allCases))
    try exploration.tell("two jobs of two tasks, capacity \(capacity)")
  }
}
