import Foundation
import Testing

@testable import JobEngine

/// The families of graphs that take minutes: run with `EXPLORE_ALL=1`, best optimized.
///
///     EXPLORE_ALL=1 swift test -c release -Xswiftc -enable-testing --filter RunMachineFullExploration
@Suite(
  .enabled(
    if: ProcessInfo.processInfo.environment["EXPLORE_ALL"] == "1", "takes minutes: set EXPLORE_ALL=1, best optimized"))
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
    // Degraded too: a job that runs always does without what one that was skipped would have handed on to it.
    #expect(exploration.results == Set(RunResult.allCases))
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

  /// Time limits, both requests, clean-up that runs out, and death; 4 jobs of one task each, of every graph.
  @Test(arguments: [1, 2, 3, 4])
  func keepsItsPromisesWithTimeLimitsOnEveryGraphOfFourJobs(capacity: Int) throws {
    var exploration = Exploration()
    // With a unit for each task, none waits for another, so the numbering decides nothing.
    let family = GraphFamily(jobCount: 4, keepsNumberings: capacity < 4, timeout: .seconds(10), capacity: capacity)
    for graph in try family.graphs() {
      try exploration.explore(FourTasks.scenario(graph), distinguishing: .outlook)
    }
    #expect(exploration.results == Set(RunResult.allCases))
    try exploration.tell("four jobs with time limits, capacity \(capacity)")
  }

  /// The same with up to four tasks in up to three jobs; capacities of 1 and 2 of fewer jobs are explored always.
  @Test(arguments: [(1, 3), (1, 4), (2, 3), (2, 4), (3, 1), (3, 2), (3, 3), (3, 4)])
  func keepsItsPromisesWithTimeLimitsOnEveryGraphOfFourTasks(jobs: Int, capacity: Int) throws {
    var exploration = Exploration()
    for scenario in try FanOutFamily(jobCount: jobs, capacity: capacity).scenarios() {
      try exploration.explore(scenario, distinguishing: .outlook)
    }
    #expect(exploration.results == Set(RunResult.allCases))
    try exploration.tell("four tasks in \(jobs) jobs with time limits, capacity \(capacity)")
  }

  /// The reduction that the above rely on, on every graph of three jobs.
  @Test func statesOfOneOutlookHaveTheSameFutureOnEveryGraphOfThreeJobs() throws {
    var check = OutlookCheck()
    for graph in try GraphFamily(jobCount: 3, keepsNumberings: true, timeout: .seconds(10)).graphs() {
      try check.check(FourTasks.scenario(graph))
    }
    #expect(check.outlooks < check.states)
  }
}
