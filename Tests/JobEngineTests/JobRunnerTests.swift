import JobEngine
import Testing

@Suite struct JobRunnerTests {
  let clock = ManualClock()
  let log = Log()

  func run(
    _ jobs: [JobNode], _ capacities: [String: Int] = [:], bodies: [String: ScriptedBody],
    failsAt: @escaping @Sendable (RunEvent<String>) -> Bool = { _ in false }
  ) async throws -> RunSummary<String> {
    let graph = try JobGraph(jobs: jobs, capacities: capacities)
    let observer = LoggingObserver(log: log, failsAt: failsAt)
    return await (try JobRunner(graph: graph, bodies: bodies, observer: observer, clock: clock)).run()
  }

  @Test func recordsEachStepBeforePerformingIt() async throws {
    let log = log
    let body = ScriptedBody(plan: { _ in
      log.write("expand")
      return [PlannedTask("nfs")]
    }) { task, _ in
      log.write("run \(task.subject)")
      return .succeeded
    }
    let summary = try await run([JobNode("archive")], bodies: ["archive": body])
    #expect(summary.result == .ok)
    #expect(
      log.lines == [
        "record run started at 0s", "record archive expanding at 0s", "expand", "record archive has nfs at 0s",
        "record archive nfs starting #1 at 0s", "run nfs", "record archive nfs succeeded at 0s",
        "record archive succeeded at 0s", "record run ok at 0s",
      ])
  }

  @Test func handsResultsOfSucceededTasksToTheJobThatIsOfThem() async throws {
    let archive = ScriptedBody(["good", "bad"]) { task, _ in
      if task.subject == "bad" { throw TaskFailure("unreadable") }
      return TaskOutcome(.degraded, message: "3 warnings", results: ["point": "20261122T050000Z"])
    }
    let verify = ScriptedBody(plan: { inputs in
      inputs.map { PlannedTask($0.subject, parameters: $0.results) }
    }) { task, _ in TaskOutcome(.succeeded, message: task.parameters["point"] ?? "no point") }
    let summary = try await run(
      [JobNode("archive"), JobNode("verify", needs: [.of("archive")])], bodies: ["archive": archive, "verify": verify])
    #expect(summary.result == .failed)
    #expect(
      summary.tasks.map { "\($0.id) \($0.state.word): \($0.message)" } == [
        "archive good degraded: 3 warnings", "archive bad failed: unreadable",
        "verify good succeeded: 20261122T050000Z", "verify bad skipped: skipped because archive failed",
      ])
    #expect(
      summary.jobs.map { "\($0.name) \($0.state.word): \($0.message)" } == [
        "archive failed: ", "verify degraded: incomplete: archive failed",
      ])
  }

  @Test func retriesATransientFailureAfterTheBackoff() async throws {
    let (clock, log) = (clock, log)
    async let summary = run(
      [JobNode("offsite", retry: RetryPolicy(attempts: 3, backoff: .seconds(60)))],
      bodies: [
        "offsite": ScriptedBody(["nfs"]) { _, context in
          if context.attempt < 3 { throw TaskFailure("host is away", kind: .transient) }
          return .succeeded
        }
      ])
    await clock.waitForSleepers(1)
    clock.advance(by: .seconds(60))
    await clock.waitForSleepers(1)
    clock.advance(by: .seconds(119))
    #expect(!log.lines.contains { $0.contains("#3 at") })
    clock.advance(by: .seconds(1))
    let task = try #require(try await summary.tasks.first)
    #expect(task.state == .succeeded)
    #expect(task.attempts == 3)
    #expect(task.duration == .seconds(180))
    #expect(log.lines.contains("record offsite nfs retrying #3 in 120s: host is away at 60s"))
  }

  @Test func stopsATaskThatExceedsItsTimeLimit() async throws {
    let clock = clock
    async let summary = run(
      [JobNode("archive", timeout: .seconds(7200))],
      bodies: [
        "archive": ScriptedBody(["slow"]) { _, _ in
          try await waitForCancellation()
          return .succeeded
        }
      ])
    // The limits of the expansion and of the attempt; the first is cancelled when the second is set.
    while !log.lines.contains(where: { $0.contains("slow starting") }) { await Task.yield() }
    await clock.waitForSleepers(1)
    clock.advance(by: .seconds(7200))
    let result = try await summary
    #expect(result.result == .failed)
    #expect(result.tasks.map(\.state) == [.timedOut])
    #expect(result.tasks.map(\.message) == ["exceeded its time limit of 2h"])
    #expect(clock.sleeperCount == 0)
  }

  @Test func failsAJobWhoseExpansionExceedsTheTimeLimit() async throws {
    async let summary = run(
      [JobNode("archive", timeout: .seconds(90))],
      bodies: [
        "archive": ScriptedBody(plan: { _ in
          try await waitForCancellation()
          return []
        })
      ])
    await clock.waitForSleepers(1)
    clock.advance(by: .seconds(90))
    #expect(try await summary.jobs.map(\.message) == ["finding its tasks exceeded its time limit of 1m 30s"])
  }

  @Test func saysWhyAJobFailedWhoseTasksCannotBeFound() async throws {
    let body = ScriptedBody(plan: { _ in throw TaskFailure("the cluster doesn't answer") })
    let summary = try await run([JobNode("archive")], bodies: ["archive": body])
    #expect(summary.jobs.map(\.message) == ["cannot find its tasks: the cluster doesn't answer"])
    #expect(summary.result == .failed)
  }

  @Test func failsATaskThatStopsAsIfCancelledThoughItWasNot() async throws {
    let body = ScriptedBody(["x"]) { _, _ in throw CancellationError() }
    let summary = try await run([JobNode("archive")], bodies: ["archive": body])
    #expect(summary.tasks.map(\.state) == [.failed])
    #expect(summary.tasks.map(\.message) == ["stopped without having been asked to"])
  }

  @Test func takesAnErrorOfAnotherTypeAsPermanent() async throws {
    let body = ScriptedBody(["x"]) { _, _ in throw LoggingObserver.Full() }
    let summary = try await run(
      [JobNode("archive", retry: RetryPolicy(attempts: 5, backoff: .seconds(1)))], bodies: ["archive": body])
    #expect(summary.tasks.map(\.attempts) == [1])
    #expect(summary.tasks.map(\.message) == ["the disk is full"])
  }

  @Test func passesRemarksToTheObserver() async throws {
    let body = ScriptedBody(["x"]) { _, context in
      context.report(.amount(completed: 5, total: 10))
      return .succeeded
    }
    _ = try await run([JobNode("archive")], bodies: ["archive": body])
    #expect(log.lines.contains { $0.hasPrefix("note archive x: amount(completed: 5") })
  }

  @Test func performsNothingThatCouldNotBeRecorded() async throws {
    let log = log
    let body = ScriptedBody(["a", "b"]) { task, _ in
      log.write("run \(task.subject)")
      return .succeeded
    }
    let summary = try await run([JobNode("archive", resources: ["disk"])], ["disk": 1], bodies: ["archive": body]) {
      $0 == .taskStarting(TaskID(job: "archive", subject: "b"), attempt: 1)
    }
    #expect(summary.result == .failed)
    #expect(summary.recordingFailure == "the disk is full")
    #expect(log.lines.contains("run a"))
    #expect(!log.lines.contains("run b"))
    #expect(summary.tasks.map(\.state) == [.succeeded, .cancelled])
  }

  @Test func expandsNothingWhenTheStartCannotBeRecorded() async throws {
    let log = log
    let body = ScriptedBody(plan: { _ in
      log.write("expand")
      return []
    })
    let summary = try await run([JobNode("archive")], bodies: ["archive": body]) { $0 == .runStarted }
    #expect(summary.result == .failed)
    #expect(log.lines.isEmpty)
  }

  @Test func endsARunWithoutJobsAsOk() async throws {
    #expect(try await run([], bodies: [:]).result == .ok)
  }

  @Test func refusesARunInWhichAJobHasNoBody() throws {
    let graph = try JobGraph(jobs: [JobNode("archive")])
    let error = #expect(throws: JobEngineError.self) {
      try JobRunner(graph: graph, bodies: [:], observer: LoggingObserver(log: log), clock: clock)
    }
    #expect(error?.code == .missingBody)
    #expect(error?.message == "cannot run the job graph: job archive has no body that could perform it")
  }
}
