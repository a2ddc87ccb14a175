import HostSystem
import Testing

@Suite struct MonitorTests {
  @Test(.timeLimit(.minutes(10))) func wakesAThreadThatWaitsForTheState() {
    let monitor = Monitor(0)
    let reached = Monitor(false)
    let waiting = WorkerThread {
      monitor.wait { $0 == 3 ? () : nil }
      reached.update { $0 = true }
    }
    for _ in 0..<3 { monitor.update { $0 += 1 } }
    waiting.join()
    #expect(reached.update { $0 })
  }

  @Test(.timeLimit(.minutes(10))) func losesNoUpdateOfManyThreads() {
    let monitor = Monitor([Int]())
    let threads = (0..<8).map { number in
      WorkerThread { for _ in 0..<500 { monitor.update { $0.append(number) } } }
    }
    for thread in threads { thread.join() }
    let counts = monitor.update { items in (0..<8).map { number in items.count { $0 == number } } }
    #expect(counts == [Int](repeating: 500, count: 8))
  }

  @Test(.timeLimit(.minutes(10))) func handsOverBetweenTwoThreadsInTurn() {
    let monitor = Monitor((turn: 0, log: [Int]()))
    let threads = (0..<2).map { me in
      WorkerThread {
        for _ in 0..<200 {
          monitor.wait { state -> Void? in
            guard state.turn == me else { return nil }
            state.log.append(me)
            state.turn = 1 - me
            return ()
          }
        }
      }
    }
    for thread in threads { thread.join() }
    #expect(monitor.update { $0.log } == (0..<400).map { $0 % 2 })
  }

  @Test func givesUpAfterTheTime() {
    let monitor = Monitor(false)
    #expect(!monitor.wait(atMost: 0.01) { $0 ? true : nil })
    monitor.update { $0 = true }
    #expect(monitor.wait(atMost: 60) { $0 ? true : nil })
  }

  @Test func passesOnAnErrorAndStaysUsable() {
    let monitor = Monitor(1)
    #expect(throws: CancellationError.self) { try monitor.update { _ in throw CancellationError() } }
    #expect(throws: CancellationError.self) { try monitor.wait { _ -> Void? in throw CancellationError() } }
    #expect(monitor.update { $0 } == 1)
  }

  @Test func runsBlockingWorkOnAThreadOfItsOwn() async throws {
    #expect(try await withWorkerThread { 42 } == 42)
    await #expect(throws: CancellationError.self) { try await withWorkerThread { throw CancellationError() } }
  }

  @Test func cancellationIsSeenOnceItIsMade() throws {
    let cancellation = Cancellation()
    try cancellation.check()
    cancellation.cancel()
    #expect(cancellation.isCancelled)
    #expect(throws: CancellationError.self) { try cancellation.check() }
  }
}
