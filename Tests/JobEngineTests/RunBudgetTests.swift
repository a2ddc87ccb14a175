import Testing

@testable import JobEngine

@Suite struct RunBudgetTests {
  @Test func startsNothingMoreAndShowsWhatWasLeftWhenTheBudgetIsUsedUp() throws {
    var run = try RunningMachine(
      [
        JobNode("archive", resources: ["disk"]), JobNode("verify", needs: [.of("archive")]),
        JobNode("report", needs: [.after("verify")], condition: .always),
      ], ["disk": 1], budget: .seconds(6 * 3600))
    run.expand("archive", "stalest", "next")
    run.tell(.timerFired(.runBudget), after: .seconds(6 * 3600))
    run.finish("archive", "stalest")
    run.expand("report", "all")
    run.finish("report", "all")
    #expect(run.starts == ["archive stalest #1", "report all #1"])
    #expect(
      run.tasks == [
        "archive stalest succeeded", "archive next skipped: skipped because the run used up its budget of 6h",
        "report all succeeded",
      ])
    #expect(
      run.jobs == [
        "archive degraded", "verify skipped: skipped because the run used up its budget of 6h", "report succeeded",
      ])
    #expect(run.machine.result == .degraded)
  }

  @Test func isDegradedWhenTheBudgetKeptAWholeJobFromStarting() throws {
    var run = try RunningMachine([JobNode("a"), JobNode("b", needs: [.after("a")])], budget: .seconds(60))
    run.expand("a", "x")
    run.tell(.timerFired(.runBudget), after: .seconds(60))
    run.finish("a", "x")
    #expect(run.expanded == ["a"])
    #expect(run.machine.result == .degraded)
  }

  @Test func recordsThatTheBudgetIsUsedUpBeforeWhatFollowsFromIt() throws {
    var run = try RunningMachine([JobNode("a"), JobNode("b", needs: [.after("a")])], budget: .seconds(60))
    #expect(run.actions.contains(.setTimer(.runBudget, after: .seconds(60))))
    run.expand("a", "x")
    let before = run.actions.count
    run.tell(.timerFired(.runBudget), after: .seconds(60))
    #expect(run.actions[before] == .record(.budgetExhausted(limit: .seconds(60))))
  }

  @Test func namesTheTasksOfAJobThatWasFindingThemWhenTheBudgetWasUsedUp() throws {
    var run = try RunningMachine([JobNode("a")], budget: .seconds(60))
    run.tell(.timerFired(.runBudget), after: .seconds(60))
    run.expand("a", "x", "y")
    #expect(run.tasks.map { $0.prefix(11) } == ["a x skipped", "a y skipped"])
    #expect(run.machine.result == .degraded)
  }

  @Test(arguments: [true, false])
  func failsATaskThatWouldHaveToBeTriedAgainAfterTheBudget(failsBefore: Bool) throws {
    var run = try RunningMachine(
      [JobNode("a", retry: RetryPolicy(attempts: 3, backoff: .seconds(5)))], budget: .seconds(60))
    run.expand("a", "x")
    let failure = TaskFailure("busy", kind: .transient, details: ["held by 4711"])
    if failsBefore { run.fail("a", "x", failure) }
    run.tell(.timerFired(.runBudget), after: .seconds(60))
    if !failsBefore { run.fail("a", "x", failure) }
    #expect(run.tasks == ["a x failed: busy"])
    #expect(
      run.machine.summary.tasks.map(\.details) == [
        ["held by 4711", "not tried again: the run used up its budget of 1m"]
      ])
    #expect(run.machine.result == .failed)
    #expect(run.machine.timers.isEmpty)
  }

  @Test func goesOnTryingTasksOfJobsThatAlwaysRunAfterTheBudget() throws {
    var run = try RunningMachine(
      [JobNode("a", condition: .always, retry: RetryPolicy(attempts: 2, backoff: .seconds(5)))], budget: .seconds(60))
    run.expand("a", "x")
    run.tell(.timerFired(.runBudget), after: .seconds(60))
    run.fail("a", "x", TaskFailure("busy", kind: .transient))
    run.tell(.timerFired(.retry(TaskID(job: "a", subject: "x"), attempt: 2)))
    #expect(run.starts == ["a x #1", "a x #2"])
  }

  @Test func startsAJobForFailuresThoughTheBudgetIsUsedUp() throws {
    var run = try RunningMachine(
      [JobNode("a"), JobNode("repair", needs: [.after("a")], condition: .failure)], budget: .seconds(60))
    run.expand("a", "x")
    run.tell(.timerFired(.runBudget), after: .seconds(60))
    run.fail("a", "x", TaskFailure("broken"))
    #expect(run.expanded == ["a", "repair"])
  }

  @Test func isNoFailureForJobsThatRunAfterOne() throws {
    var run = try RunningMachine(
      [
        JobNode("a", resources: ["disk"]), JobNode("b", needs: [.after("a")]),
        JobNode("repair", needs: [.after("b")], condition: .failure),
      ], ["disk": 1], budget: .seconds(60))
    run.expand("a", "x")
    run.tell(.timerFired(.runBudget), after: .seconds(60))
    run.finish("a", "x")
    #expect(run.jobs.last == "repair skipped: skipped because nothing failed")
  }

  @Test func forgetsTheBudgetWhenTheRunEndsWithinIt() throws {
    var run = try RunningMachine([JobNode("a")], budget: .seconds(60))
    run.expand("a")
    #expect(run.machine.result == .ok)
    #expect(run.actions.contains(.cancelTimer(.runBudget)))
  }
}
