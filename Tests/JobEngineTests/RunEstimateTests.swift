import Testing

@testable import JobEngine

@Suite struct RunEstimateTests {
  private func task(_ subject: String, _ minutes: Int?, staleness: Int? = nil) -> GraphPlan.Task {
    GraphPlan.Task(
      subject, staleness: staleness.map { .seconds($0) }, estimate: minutes.map { .seconds(60 * $0) })
  }

  private func estimate(_ jobs: [JobNode], capacity: Int, _ tasks: [String: [GraphPlan.Task]]) throws -> RunEstimate {
    RunEstimate(GraphPlan("plan", graph: try JobGraph(jobs: jobs, capacities: ["disk": capacity]), tasks: tasks))
  }

  @Test(arguments: [(1, 60), (2, 30), (3, 30), (4, 30)])
  func sharesTheTasksAmongTheUnitsOfAResource(capacity: Int, minutes: Int) throws {
    let estimate = try estimate(
      [JobNode("a", resources: ["disk"])], capacity: capacity,
      ["a": [task("x", 10), task("y", 20), task("z", 30)]])
    #expect(estimate.duration == .seconds(60 * minutes))
    #expect(estimate.text == (minutes == 60 ? "about 1h" : "about 30m"))
  }

  @Test func startsTheStalestFirstAsARunDoes() throws {
    // The long task is fresh, so it starts last and runs alone: 10 + 30, not 30.
    let estimate = try estimate(
      [JobNode("a", resources: ["disk"])], capacity: 2,
      ["a": [task("long", 30, staleness: 1), task("x", 10, staleness: 9), task("y", 10, staleness: 9)]])
    #expect(estimate.duration == .seconds(40 * 60))
  }

  @Test func addsUpJobsThatWaitForEachOther() throws {
    let jobs = [JobNode("a"), JobNode("b", needs: [.after("a")]), JobNode("c")]
    let estimate = try estimate(
      jobs, capacity: 1, ["a": [task("x", 10), task("y", 15)], "b": [task("x", 5)], "c": [task("x", 12)]])
    #expect(estimate.duration == .seconds(20 * 60))
  }

  @Test func leavesOutJobsThatRunOnlyAfterAFailure() throws {
    let jobs = [JobNode("a"), JobNode("repair", needs: [.after("a")], condition: .failure)]
    let estimate = try estimate(jobs, capacity: 1, ["a": [task("x", 10)], "repair": [task("x", 99)]])
    #expect(estimate.duration == .seconds(600))
    #expect(estimate.isComplete)
  }

  @Test func isALowerBoundWhenSomethingIsUnknown() throws {
    let jobs = [JobNode("a"), JobNode("b", needs: [.of("a")])]
    let some = try estimate(jobs, capacity: 1, ["a": [task("x", 10), task("new", nil)]])
    #expect(some.unknownTasks == 1)
    #expect(some.unknownJobs == 1)
    #expect(some.text == "at least 10m")
    #expect(try estimate(jobs, capacity: 1, ["a": [task("new", nil)]]).text == "duration unknown")
  }
}
