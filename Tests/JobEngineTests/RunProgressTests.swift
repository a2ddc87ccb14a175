import Testing

@testable import JobEngine

@Suite struct RunProgressTests {
  /// Follows a run by what it records.
  struct Followed {
    var run: RunningMachine
    var progress: RunProgress<String>
    var seen = 0

    init(_ jobs: [JobNode], finished: [FinishedTask<String>] = [], budget: Duration? = nil) throws {
      run = try RunningMachine(jobs, ["disk": 1], budget: budget, finished: finished)
      progress = RunProgress(jobs: jobs.count)
      follow()
    }

    mutating func follow() {
      let new = run.actions[seen...]
      seen = run.actions.count
      progress.take(
        new.compactMap { if case .record(let event) = $0 { event } else { nil } }, at: run.now)
    }
  }

  @Test func countsTasksWhereTheyAreAndNamesThoseThatRun() throws {
    var followed = try Followed([
      JobNode("archive", resources: ["disk"]), JobNode("verify", needs: [.of("archive")]),
    ])
    followed.run.expand("archive", "a", "b", "c")
    followed.follow()
    followed.run.tell(
      .taskFailed(TaskID(job: "archive", subject: "a"), attempt: 1, TaskFailure("no")), after: .seconds(5))
    followed.follow()
    #expect(followed.progress.counts.failed == 1)
    #expect(followed.progress.counts.running == 1)
    #expect(followed.progress.counts.waiting == 1)
    #expect(!followed.progress.knowsAllTasks)
    let running = followed.progress.running(at: .seconds(197))
    #expect(running.map(\.id.subject) == ["b"])
    #expect(running.map(\.elapsed) == [.seconds(192)])
    #expect(followed.progress.statusLine(at: .seconds(197)) == "1 of at least 3 tasks, 1 failed; archive b 3m 12s")
  }

  @Test func endsWithTheResult() throws {
    var followed = try Followed([JobNode("archive")])
    followed.run.expand("archive", "a", "b")
    followed.run.finish("archive", "a", TaskOutcome(.degraded))
    followed.run.finish("archive", "b")
    followed.follow()
    #expect(followed.progress.result == .degraded)
    #expect(followed.progress.counts.ended == followed.progress.counts.known)
    #expect(followed.progress.endedJobs == 1)
    #expect(followed.progress.statusLine(at: .seconds(9)) == "degraded: 2 of 2 tasks, 1 degraded")
  }

  @Test func countsATaskThatWaitsForItsNextAttemptAsWaiting() throws {
    var followed = try Followed([JobNode("a", retry: RetryPolicy(attempts: 2, backoff: .seconds(9)))])
    followed.run.expand("a", "x")
    followed.run.fail("a", "x", TaskFailure("busy", kind: .transient))
    followed.follow()
    #expect(followed.progress.counts.waiting == 1)
    followed.run.tell(.timerFired(.retry(TaskID(job: "a", subject: "x"), attempt: 2)), after: .seconds(9))
    followed.follow()
    #expect(followed.progress.running(at: .seconds(10)).map(\.attempt) == [2])
    #expect(followed.progress.running(at: .seconds(10)).map(\.elapsed) == [.seconds(1)])
  }

  @Test func countsReusedTasksAsDone() throws {
    let id = TaskID(job: "a", subject: "x")
    var followed = try Followed([JobNode("a")], finished: [FinishedTask(id, grade: .succeeded)])
    followed.run.expand("a", "x", "y")
    followed.follow()
    #expect(followed.progress.counts.reused == 1)
    #expect(followed.progress.counts.done == 1)
    #expect(followed.progress.counts.known == 2)
  }

  @Test func saysThatTheRunIsStopping() throws {
    var followed = try Followed([JobNode("a")])
    followed.run.expand("a", "x", "y", "z")
    followed.follow()
    followed.run.tell(.cancelRequested, after: .seconds(1))
    followed.follow()
    #expect(
      followed.progress.statusLine(at: .seconds(61))
        == "stopping: 0 of 3 tasks; a x 1m 1s (stopping), a y 1m 1s (stopping), 1 more running")
  }

  @Test func saysThatTheBudgetIsUsedUp() throws {
    var followed = try Followed([JobNode("a", resources: ["disk"])], budget: .seconds(60))
    followed.run.expand("a", "x", "y")
    followed.follow()
    followed.run.tell(.timerFired(.runBudget), after: .seconds(60))
    followed.follow()
    #expect(followed.progress.counts.skipped == 1)
    #expect(
      followed.progress.statusLine(at: .seconds(60)) == "budget of 1m used up: 1 of 2 tasks, 1 skipped; a x 1m")
  }
}
