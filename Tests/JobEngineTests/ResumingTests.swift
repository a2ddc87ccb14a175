import Testing

@testable import JobEngine

@Suite struct ResumingTests {
  private func done(
    _ job: String, _ subject: String, _ grade: TaskOutcome.Grade = .succeeded, _ message: String = "",
    _ results: [String: String] = [:]
  ) -> FinishedTask<String> {
    FinishedTask(TaskID(job: job, subject: subject), grade: grade, message: message, results: results)
  }

  @Test func startsOnlyWhatTheResumedRunHadNotFinished() throws {
    var run = try RunningMachine(
      [JobNode("archive", resources: ["disk"])], ["disk": 1],
      finished: [done("archive", "a", .succeeded, "3 files"), done("archive", "b", .degraded)])
    run.expand("archive", "a", "b", "c")
    run.finish("archive", "c")
    #expect(run.starts == ["archive c #1"])
    #expect(
      run.tasks == [
        "archive a succeeded: done by the run resumed: 3 files", "archive b degraded: done by the run resumed",
        "archive c succeeded",
      ])
    #expect(run.machine.summary.tasks.map(\.attempts) == [0, 0, 1])
    #expect(run.machine.result == .degraded)
  }

  @Test func handsTheResultsOfReusedTasksToLaterJobs() throws {
    var run = try RunningMachine(
      [JobNode("archive"), JobNode("verify", needs: [.of("archive")])],
      finished: [done("archive", "a", .succeeded, "", ["point": "p"])])
    run.expand("archive", "a")
    let input = JobInput(job: "archive", subject: "a", state: .succeeded, results: ["point": "p"])
    #expect(run.actions.last == .expand(job: "verify", inputs: [input]))
  }

  @Test func recordsAReusedTaskAsSuchAfterItsJobHasBeenExpanded() throws {
    var run = try RunningMachine([JobNode("archive")], finished: [done("archive", "a")])
    let before = run.actions.count
    run.expand("archive", "a")
    let summary = try #require(run.machine.summary.tasks.first)
    #expect(
      run.actions[before...].prefix(3) == [
        .record(.jobExpanded(job: "archive", tasks: [PlannedTask("a")])), .record(.taskReused(summary)),
        .record(.jobEnded(job: "archive", state: .succeeded, message: "")),
      ])
  }

  @Test func ignoresFinishedTasksThatAreNotPlannedAnyMore() throws {
    var run = try RunningMachine(
      [JobNode("archive")], finished: [done("archive", "gone"), done("removed job", "a")])
    run.expand("archive", "a")
    run.finish("archive", "a")
    #expect(run.tasks == ["archive a succeeded"])
    #expect(run.machine.result == .ok)
  }

  @Test func skipsAJobForFailuresWhenTheResumedRunDoesBetter() throws {
    var run = try RunningMachine(
      [JobNode("archive"), JobNode("repair", needs: [.of("archive")], condition: .failure)],
      finished: [done("archive", "a"), done("repair", "b")])
    run.expand("archive", "a", "b")
    run.finish("archive", "b")
    #expect(run.jobs == ["archive succeeded", "repair skipped: skipped because nothing failed"])
    #expect(run.machine.result == .ok)
  }

  @Test func runsAJobForFailuresOnWhatIsLeftWhenAnotherTaskFailsAgain() throws {
    var run = try RunningMachine(
      [JobNode("archive"), JobNode("repair", needs: [.of("archive")], condition: .failure)],
      finished: [done("archive", "a"), done("repair", "a")])
    run.expand("archive", "a", "b")
    run.fail("archive", "b", TaskFailure("broken"))
    run.expand("repair", "a", "b")
    #expect(run.starts == ["archive b #1", "repair b #1"])
  }

  @Test func keepsWhatIsFinishedEvenWhenTheRunIsInterrupted() throws {
    var run = try RunningMachine([JobNode("archive")], finished: [done("archive", "a")])
    run.tell(.cancelRequested)
    run.expand("archive", "a", "b")
    #expect(
      run.tasks == [
        "archive a succeeded: done by the run resumed", "archive b cancelled: cancelled before it was done",
      ])
  }

  @Test func keepsWhatIsFinishedEvenWhenTheBudgetIsUsedUp() throws {
    var run = try RunningMachine([JobNode("archive")], budget: .seconds(60), finished: [done("archive", "a")])
    run.tell(.timerFired(.runBudget), after: .seconds(60))
    run.expand("archive", "a", "b")
    #expect(run.tasks.map { $0.prefix(19) } == ["archive a succeeded", "archive b skipped: "])
  }

  @Test func saysOnlyOnceThatATaskWasReusedHoweverOftenRunsAreResumed() throws {
    let first = done("archive", "a", .succeeded, "3 files")
    var run = try RunningMachine([JobNode("archive")], finished: [first])
    run.expand("archive", "a")
    let again = try #require(run.machine.summary.tasks.compactMap { FinishedTask($0) }.first)
    var resumed = try RunningMachine([JobNode("archive")], finished: [again])
    resumed.expand("archive", "a")
    #expect(resumed.tasks == ["archive a succeeded: done by the run resumed: 3 files"])
  }

  @Test(arguments: [TaskState.failed, .timedOut, .cancelled, .running, .waiting, .skipped(because: .nothingFailed)])
  func takesNothingFromAJournalThatIsNotUsable(state: TaskState) {
    let id = TaskID(job: "archive", subject: "a")
    #expect(FinishedTask(TaskSummary(id: id, state: state, attempts: 1, duration: .zero)) == nil)
  }
}
