import JobEngine
import Testing

@Suite struct RunMachineTaskTests {
  typealias Machine = RunMachine<String>

  let task = TaskID(job: "archive", subject: "nfs")

  /// A machine whose only task is running its first attempt.
  private func running(_ job: JobNode) throws -> Machine {
    var machine = Machine(graph: try JobGraph(jobs: [job]))
    _ = machine.handle(.started, at: .zero)
    _ = machine.handle(.jobExpanded(job: "archive", tasks: [PlannedTask("nfs")]), at: .seconds(1))
    return machine
  }

  @Test func degradesATaskThatFinishesAfterItsTimeLimit() throws {
    var machine = try running(JobNode("archive", timeout: .seconds(5400)))
    #expect(
      machine.handle(.timerFired(.attempt(task, 1)), at: .seconds(5401)) == [
        .record(.taskStopping(task, cause: .timeLimit(.seconds(5400)))), .cancelTask(task),
        .setTimer(.cleanUp(task), after: .seconds(60)),
      ])
    let late = TaskOutcome(.succeeded, message: "published", results: ["point": "p"])
    _ = machine.handle(.taskFinished(task, attempt: 1, late), at: .seconds(5500))
    let summary = try #require(machine.summary.tasks.first)
    #expect(summary.state == .degraded)
    #expect(summary.message == "finished, but exceeded its time limit of 1h 30m")
    #expect(summary.details == ["published"])
    #expect(summary.results == ["point": "p"])
    #expect(summary.duration == .seconds(5499))
    #expect(machine.result == .degraded)
  }

  @Test func timesOutATaskWhoseBudgetPassesWhileItWaitsForTheNextAttempt() throws {
    var machine = try running(
      JobNode("archive", taskBudget: .seconds(600), retry: RetryPolicy(attempts: 9, backoff: .seconds(700))))
    _ = machine.handle(.taskFailed(task, attempt: 1, TaskFailure("busy", kind: .transient)), at: .seconds(10))
    let actions = machine.handle(.timerFired(.budget(task)), at: .seconds(601))
    #expect(actions.first == .cancelTimer(.retry(task, attempt: 2)))
    #expect(machine.summary.tasks.map(\.state) == [.timedOut])
    #expect(machine.summary.tasks.map(\.message) == ["exceeded the 10m allowed for all attempts together"])
    #expect(machine.result == .failed)
  }

  @Test func keepsTheCauseOfTheFirstStopWhenTheRunIsInterruptedAfterwards() throws {
    var machine = try running(JobNode("archive", timeout: .seconds(5)))
    _ = machine.handle(.timerFired(.attempt(task, 1)), at: .seconds(6))
    #expect(machine.handle(.cancelRequested, at: .seconds(7)) == [.record(.cancelRequested)])
    let stopped = TaskFailure("tar was killed", details: ["exit status 143"])
    _ = machine.handle(.taskFailed(task, attempt: 1, stopped), at: .seconds(8))
    #expect(machine.summary.tasks.map(\.state) == [.timedOut])
    #expect(machine.summary.tasks.map(\.details) == [["tar was killed", "exit status 143"]])
    #expect(machine.result == .interrupted)
  }

  @Test func failsAJobThatPlansTwoTasksForOneSubject() throws {
    var machine = Machine(graph: try JobGraph(jobs: [JobNode("archive")]))
    _ = machine.handle(.started, at: .zero)
    _ = machine.handle(.jobExpanded(job: "archive", tasks: [PlannedTask("nfs"), PlannedTask("nfs")]), at: .zero)
    #expect(machine.summary.jobs.map(\.message) == ["cannot find its tasks: planned two tasks for nfs"])
    #expect(machine.result == .failed)
  }

  @Test func givesTheRetriedTaskItsPlaceBackInTheOrder() throws {
    let graph = try JobGraph(
      jobs: [JobNode("archive", resources: ["disk"], retry: RetryPolicy(attempts: 2, backoff: .seconds(1)))],
      capacities: ["disk": 1])
    var machine = Machine(graph: graph)
    _ = machine.handle(.started, at: .zero)
    let plans = [PlannedTask("nfs"), PlannedTask("a", staleness: .seconds(9)), PlannedTask("b", staleness: .zero)]
    _ = machine.handle(.jobExpanded(job: "archive", tasks: plans), at: .zero)
    _ = machine.handle(.taskFailed(task, attempt: 1, TaskFailure("busy", kind: .transient)), at: .zero)
    _ = machine.handle(.timerFired(.retry(task, attempt: 2)), at: .seconds(1))
    let a = TaskID(job: "archive", subject: "a")
    let actions = machine.handle(.taskFinished(a, attempt: 1, .succeeded), at: .seconds(2))
    #expect(actions.last == .start(task, plan: plans[0], attempt: 2))
  }

  @Test func passesASkipOnToTheJobsBehindWithTheWholeReason() throws {
    let graph = try JobGraph(jobs: [
      JobNode("archive"), JobNode("verify", needs: [.of("archive")]), JobNode("drill", needs: [.of("verify")]),
      JobNode("report", needs: [.after("drill")], condition: .always),
    ])
    var machine = Machine(graph: graph)
    _ = machine.handle(.started, at: .zero)
    let actions = machine.handle(.jobExpansionFailed(job: "archive", TaskFailure("no list")), at: .zero)
    #expect(actions.last == .expand(job: "report", inputs: []))
    #expect(
      machine.summary.jobs.map(\.message) == [
        "cannot find its tasks: no list", "skipped because archive failed",
        "skipped because verify was skipped because archive failed", "",
      ])
  }

  @Test func ignoresEverythingAfterTheEnd() throws {
    var machine = try running(JobNode("archive"))
    _ = machine.handle(.taskFinished(task, attempt: 1, .succeeded), at: .seconds(2))
    let ended = machine
    #expect(machine.handle(.cancelRequested, at: .seconds(3)).isEmpty)
    #expect(machine.handle(.taskFailed(task, attempt: 1, TaskFailure("late")), at: .seconds(3)).isEmpty)
    #expect(machine == ended)
  }
}
