import JobEngine
import Testing

@Suite struct JobRunnerCancellationTests {
  let clock = ManualClock()
  let log = Log()

  func runner(_ jobs: [JobNode], _ bodies: [String: ScriptedBody]) throws -> JobRunner<String> {
    try JobRunner(
      graph: JobGraph(jobs: jobs, capacities: ["disk": 1]), bodies: bodies, observer: LoggingObserver(log: log),
      clock: clock)
  }

  @Test func waitsForTheCleanUpOfRunningTasksWhenCancelled() async throws {
    let (log, started, mayCleanUp) = (log, Gate(), Gate())
    let body = ScriptedBody(["x", "y"]) { task, _ in
      do {
        started.open()
        try await waitForCancellation()
      } catch {
        // Clean-up that takes its time: the task is cancelled, the gate doesn't care.
        log.write("cleaning up \(task.subject)")
        await mayCleanUp.wait()
        log.write("cleaned up \(task.subject)")
        throw error
      }
      return .succeeded
    }
    let runner = try runner(
      [JobNode("archive", resources: ["disk"]), JobNode("verify", needs: [.of("archive")])],
      ["archive": body, "verify": ScriptedBody([])])
    let run = Task { await runner.run() }
    await started.wait()
    run.cancel()
    while !log.lines.contains("cleaning up x") { await Task.yield() }
    #expect(!log.lines.contains { $0.hasPrefix("record run") && !$0.hasPrefix("record run started") })
    mayCleanUp.open()
    let summary = await run.value
    #expect(summary.result == .interrupted)
    #expect(
      summary.tasks.map { "\($0.id): \($0.message)" } == [
        "archive x: cancelled while running", "archive y: cancelled before it was done",
      ])
    #expect(summary.jobs.map(\.state) == [.cancelled, .cancelled])
    #expect(
      log.lines.suffix(4) == [
        "cleaned up x", "record archive x cancelled at 0s", "record archive cancelled at 0s",
        "record run interrupted at 0s",
      ])
    #expect(!log.lines.contains { $0.hasPrefix("CANCELLED") })
  }

  @Test func keepsTheResultOfATaskThatFinishedInSpiteOfBeingCancelled() async throws {
    let started = Gate()
    let body = ScriptedBody(["x"]) { _, _ in
      started.open()
      do { try await waitForCancellation() } catch { return TaskOutcome(.succeeded, message: "published") }
      return .succeeded
    }
    let runner = try runner([JobNode("archive")], ["archive": body])
    let run = Task { await runner.run() }
    await started.wait()
    run.cancel()
    let summary = await run.value
    #expect(summary.result == .interrupted)
    #expect(summary.tasks.map(\.state) == [.succeeded])
    #expect(summary.tasks.map(\.message) == ["published"])
  }

  @Test func endsAWaitForTheNextAttemptWhenCancelled() async throws {
    let body = ScriptedBody(["x"]) { _, _ in throw TaskFailure("busy", kind: .transient) }
    let runner = try runner(
      [JobNode("archive", retry: RetryPolicy(attempts: 2, backoff: .seconds(60)))], ["archive": body])
    let run = Task { await runner.run() }
    await clock.waitForSleepers(1)
    run.cancel()
    #expect(await run.value.tasks.map(\.state) == [.cancelled])
    #expect(clock.sleeperCount == 0)
  }

  @Test func cancelsAnExpansionThatIsUnderWay() async throws {
    let started = Gate()
    let body = ScriptedBody(plan: { _ in
      started.open()
      try await waitForCancellation()
      return []
    })
    let runner = try runner([JobNode("archive")], ["archive": body])
    let run = Task { await runner.run() }
    await started.wait()
    run.cancel()
    #expect(await run.value.jobs.map(\.message) == ["cancelled while finding its tasks"])
  }

  @Test func startsNothingWhenCancelledBeforeItBegan() async throws {
    let (log, began) = (log, Gate())
    let runner = try runner(
      [JobNode("archive")],
      [
        "archive": ScriptedBody(["x"]) { _, _ in
          log.write("run x")
          return .succeeded
        }
      ])
    let run = Task {
      await began.wait()
      return await runner.run()
    }
    run.cancel()
    began.open()
    #expect(await run.value.result == .interrupted)
    #expect(!log.lines.contains("run x"))
    #expect(log.lines.first == "record run started at 0s")
  }
}
