import Testing

@testable import JobEngine

@Suite struct AbandoningTests {
  let task = TaskID(job: "archive", subject: "nfs")

  /// A run whose first task was told to stop because of its time limit and doesn't answer.
  private func hanging(_ others: [JobNode] = [], capacity: Int = 1) throws -> RunningMachine {
    var run = try RunningMachine(
      [JobNode("archive", resources: ["disk"], timeout: .seconds(7200))] + others, ["disk": capacity])
    run.expand("archive", "nfs", "other")
    run.tell(.timerFired(.attempt(task, 1)), after: .seconds(7200))
    return run
  }

  @Test func timesOutATaskThatDoesNotStopSayingWhatBecomesOfIt() throws {
    var run = try hanging(capacity: 2)
    #expect(run.actions.last == .setTimer(.cleanUp(task), after: .seconds(60)))
    run.tell(.timerFired(.cleanUp(task)), after: .seconds(60))
    let summary = try #require(run.machine.summary.tasks.first)
    #expect(summary.state == .timedOut)
    #expect(summary.wasAbandoned)
    #expect(
      summary.message
        == "exceeded its time limit of 2h, but did not stop within 1m; the next run reclaims what it left")
    #expect(summary.duration == .seconds(7260))
  }

  @Test func failsTasksThatCanNeverGetAnAbandonedTasksResource() throws {
    var run = try hanging([JobNode("verify", resources: ["disk"]), JobNode("free")])
    run.expand("verify", "a")
    run.expand("free", "b")
    run.tell(.timerFired(.cleanUp(task)), after: .seconds(60))
    #expect(
      run.tasks.suffix(3) == [
        "archive other failed: cannot start: disk is still held by archive nfs, which did not stop",
        "verify a failed: cannot start: disk is still held by archive nfs, which did not stop", "free b running",
      ])
    run.finish("free", "b")
    #expect(run.machine.result == .failed)
  }

  @Test func failsTasksThatAreFoundAfterTheirResourceWasLost() throws {
    var run = try hanging([JobNode("late", needs: [.after("archive")], condition: .always, resources: ["disk"])])
    run.tell(.timerFired(.cleanUp(task)), after: .seconds(60))
    run.expand("late", "x")
    #expect(run.tasks.last == "late x failed: cannot start: disk is still held by archive nfs, which did not stop")
    #expect(run.machine.result == .failed)
  }

  @Test func goesOnWithTheUnitsThatAreLeft() throws {
    var run = try hanging(capacity: 2)
    run.tell(.timerFired(.cleanUp(task)), after: .seconds(60))
    run.finish("archive", "other")
    #expect(run.tasks.last == "archive other succeeded")
    #expect(run.machine.result == .failed)
  }

  @Test func failsATaskThatWouldBeTriedAgainOnALostResource() throws {
    var run = try RunningMachine(
      [
        JobNode("archive", resources: ["disk"], timeout: .seconds(10)),
        JobNode("verify", resources: ["disk"], retry: RetryPolicy(attempts: 2, backoff: .seconds(900))),
      ], ["disk": 1])
    run.expand("verify", "x")
    run.expand("archive", "nfs")
    run.fail("verify", "x", TaskFailure("busy", kind: .transient))
    run.tell(.timerFired(.attempt(task, 1)), after: .seconds(10))
    run.tell(.timerFired(.cleanUp(task)), after: .seconds(60))
    let verify = try #require(run.machine.summary.tasks.last)
    #expect(verify.message == "busy")
    #expect(verify.details == ["not tried again: disk is still held by archive nfs, which did not stop"])
    #expect(run.machine.timers.isEmpty)
    #expect(run.machine.result == .failed)
  }

  @Test func ignoresTheLateAnswerOfAnAbandonedTaskAndKeepsItsResources() throws {
    var run = try hanging([JobNode("after", needs: [.after("archive")], condition: .always, resources: ["disk"])])
    run.tell(.timerFired(.cleanUp(task)), after: .seconds(60))
    let before = run.machine.summary.tasks.first
    run.finish("archive", "nfs")
    #expect(run.machine.summary.tasks.first == before)
    run.expand("after", "x")
    #expect(run.starts == ["archive nfs #1"])
  }

  @Test func abandonsACancelledTaskThatDoesNotStop() throws {
    var run = try RunningMachine([JobNode("archive")])
    run.expand("archive", "nfs")
    run.tell(.cancelRequested)
    run.tell(.timerFired(.cleanUp(task)), after: .seconds(60))
    #expect(
      run.tasks == [
        "archive nfs cancelled: cancelled while running, but did not stop within 1m; the next run reclaims what it left"
      ])
    #expect(run.machine.result == .interrupted)
  }

  @Test func abandonsAnExpansionThatDoesNotStop() throws {
    var run = try RunningMachine([JobNode("archive", timeout: .seconds(90)), JobNode("other")])
    run.tell(.timerFired(.expansion(job: "archive")), after: .seconds(90))
    run.tell(.timerFired(.expansionCleanUp(job: "archive")), after: .seconds(60))
    #expect(
      run.jobs.first
        == "archive failed: finding its tasks exceeded its time limit of 1m 30s, but it did not stop within 1m")
    run.expand("archive", "late")
    #expect(run.starts.isEmpty)
    run.expand("other")
    #expect(run.machine.result == .failed)
  }

  @Test func endsEverythingAtOnceAtTheSecondRequest() throws {
    var run = try RunningMachine([JobNode("archive", resources: ["disk"]), JobNode("slow")], ["disk": 1])
    run.expand("archive", "nfs", "other")
    run.tell(.cancelRequested)
    run.tell(.abandonRequested)
    #expect(
      run.tasks == [
        "archive nfs cancelled: cancelled while running, but had not stopped when the run was interrupted again; "
          + "the next run reclaims what it left", "archive other cancelled: cancelled before it was done",
      ])
    #expect(
      run.jobs.last
        == "slow cancelled: cancelled while finding its tasks, but it had not stopped when the run was interrupted again"
    )
    #expect(run.machine.result == .interrupted)
    #expect(run.machine.timers.isEmpty)
  }

  @Test func tellsWhatRunsToStopEvenWhenTheFirstRequestIsTheSecond() throws {
    var run = try RunningMachine([JobNode("archive")])
    run.expand("archive", "nfs")
    let before = run.actions.count
    run.tell(.abandonRequested)
    #expect(
      run.actions[before...].prefix(5) == [
        .record(.cancelRequested), .record(.taskStopping(task, cause: .interruption)), .cancelTask(task),
        .setTimer(.cleanUp(task), after: .seconds(60)), .record(.abandonRequested),
      ])
    #expect(run.machine.result == .interrupted)
  }
}
