import Testing

@testable import JobEngine

/// Shows on small graphs, without any reduction, that the reduction for large ones loses nothing.
@Suite struct OutlookTests {
  /// The graphs of up to two jobs with every event of the exploration of four tasks; three jobs are among
  /// `RunMachineFullExplorationTests`.
  @Test(arguments: [1, 2])
  func statesOfOneOutlookHaveTheSameFutureOnEveryGraph(jobs: Int) throws {
    var check = OutlookCheck()
    for graph in try GraphFamily(jobCount: jobs, timeout: .seconds(10)).graphs() {
      try check.check(FourTasks.scenario(graph))
    }
    #expect(check.outlooks < check.states)
  }

  /// Two jobs of up to three tasks, as they fan out.
  @Test func statesOfOneOutlookHaveTheSameFutureWhenJobsFanOut() throws {
    var check = OutlookCheck()
    for scenario in try FanOutFamily(jobCount: 2, taskCount: 3).scenarios() { try check.check(scenario) }
    #expect(check.outlooks < check.states)
  }
}
