import Synchronization
import Testing

@testable import JobEngine

@Suite struct RunControlTests {
  let clock = ManualClock()
  let log = Log()

  /// Keeps how many steps came in each call.
  struct CountingObserver: RunObserver {
    let calls = Calls()

    final class Calls: Sendable {
      let sizes = Mutex<[[RunEvent<String>]]>([])
    }

    func record(_ events: [RunEvent<String>], at elapsed: Duration) async throws {
      calls.sizes.withLock { $0.append(events) }
    }
  }

  /// A body that never stops by itself, cancelled or not.
  private func deaf(_ started: Gate, _ end: Gate) -> ScriptedBody {
    let log = log
    return ScriptedBody(["x"]) { _, _ in
      started.open()
      await end.wait()
      log.write("answered")
      return .succeeded
    }
  }

  @Test func recordsWhatFollowsFromAllWaitingEventsInOneCall() async throws {
    let observer = CountingObserver()
    let control = RunControl()
    control.cancel()
    let runner = try JobRunner(
      graph: try JobGraph(jobs: [JobNode("a"), JobNode("b", needs: [.of("a")])]),
      bodies: ["a": ScriptedBody(["x"]), "b": ScriptedBody(["x"])], observer: observer, clock: clock)
    let summary = await runner.run(control: control)
    #expect(summary.result == .interrupted)
    #expect(
      observer.calls.sizes.withLock { $0.first } == [
        .runStarted, .jobExpanding(job: "a"), .cancelRequested,
        .jobEnded(job: "b", state: .cancelled, message: "cancelled before it started"),
      ])
  }

  @Test func interruptsARunByItsControl() async throws {
    let (started, control) = (Gate(), RunControl())
    let body = ScriptedBody(["x"]) { _, _ in
      started.open()
      try await waitForCancellation()
      return .succeeded
    }
    let runner = try JobRunner(
      graph: JobGraph(jobs: [JobNode("a")]), bodies: ["a": body], observer: LoggingObserver(log: log), clock: clock)
    async let summary = runner.run(control: control)
    await started.wait()
    control.cancel()
    #expect(await summary.tasks.map(\.state) == [.cancelled])
    #expect(await summary.result == .interrupted)
  }

  @Test func endsARunAtOnceThoughATaskDoesNotStopWhenAbandoned() async throws {
    let (started, end, control) = (Gate(), Gate(), RunControl())
    let runner = try JobRunner(
      graph: JobGraph(jobs: [JobNode("a")]), bodies: ["a": deaf(started, end)], observer: LoggingObserver(log: log),
      clock: clock)
    async let running = runner.run(control: control)
    await started.wait()
    control.cancel()
    control.abandon()
    let summary = await running
    #expect(summary.result == .interrupted)
    #expect(summary.tasks.map(\.wasAbandoned) == [true])
    #expect(!log.lines.contains("answered"))
    #expect(clock.sleeperCount == 0)
    end.open()
  }

  @Test func endsARunThoughATaskDoesNotStopAfterItsTimeLimit() async throws {
    let (started, end) = (Gate(), Gate())
    let runner = try JobRunner(
      graph: JobGraph(jobs: [JobNode("a", timeout: .seconds(100))], cleanUpLimit: .seconds(7)),
      bodies: ["a": deaf(started, end)], observer: LoggingObserver(log: log), clock: clock)
    async let running = runner.run()
    await started.wait()
    await clock.waitForSleepers(1)
    clock.advance(by: .seconds(100))
    while !log.lines.contains(where: { $0.contains("stopping") }) { await Task.yield() }
    await clock.waitForSleepers(1)
    clock.advance(by: .seconds(7))
    let summary = await running
    #expect(
      summary.tasks.map(\.message) == [
        "exceeded its time limit of 1m 40s, but did not stop within 7s; the next run reclaims what it left"
      ])
    #expect(summary.duration == .seconds(107))
    end.open()
  }

  @Test func startsNoTaskThatTheResumedRunHadFinished() async throws {
    let log = log
    let body = ScriptedBody(["x", "y"]) { task, _ in
      log.write("run \(task.subject)")
      return .succeeded
    }
    let done = FinishedTask(TaskID(job: "a", subject: "x"), grade: .succeeded)
    let runner = try JobRunner(
      graph: JobGraph(jobs: [JobNode("a")]), bodies: ["a": body], finished: [done],
      observer: LoggingObserver(log: log), clock: clock)
    #expect(await runner.run().result == .ok)
    #expect(log.lines.filter { $0.hasPrefix("run ") } == ["run y"])
    #expect(log.lines.contains("record a x reused as succeeded at 0s"))
  }
}
