import HostSystem
import Synchronization
import Testing

@Suite struct ParallelWorkTests {
  private struct Fault: Error, Equatable { let number: Int }

  /// How many of something there are now, and how many there were at most.
  private final class Gauge: Sendable {
    private let state = Mutex((now: 0, most: 0, ever: 0))
    var most: Int { state.withLock(\.most) }
    var ever: Int { state.withLock(\.ever) }
    func enter() {
      state.withLock { state in
        state.now += 1
        state.ever += 1
        state.most = max(state.most, state.now)
      }
    }
    func leave() { state.withLock { $0.now -= 1 } }
  }

  @Test(arguments: [(0, 3), (1, 3), (2, 1), (500, 1), (500, 2), (500, 7)])
  func handsOverEverythingOnce(count: Int, threads: Int) throws {
    let workers = Gauge()
    var received: [Int] = []
    try workInParallel(on: Array(0..<count), threads: threads) {
      workers.enter()
      return { (number: Int, deliver: (Int) throws -> Void) in
        // Some make nothing, some much more than may wait.
        for part in 0..<number % 60 { try deliver(number * 100 + part) }
      }
    } receive: {
      received.append($0)
    }
    #expect(received.sorted() == (0..<count).flatMap { number in (0..<number % 60).map { number * 100 + $0 } })
    #expect(workers.ever <= max(0, min(threads, count)))
  }

  @Test(arguments: [1, 4]) func beginsNothingAfterAnErrorAndEndsWithIt(threads: Int) {
    let begun = Gauge()
    var received = 0
    #expect(throws: Fault(number: 20)) {
      try workInParallel(on: Array(0..<10_000), threads: threads) {
        { (number: Int, deliver: (Int) throws -> Void) in
          begun.enter()
          if number == 20 { throw Fault(number: number) }
          try deliver(number)
        }
      } receive: { _ in
        received += 1
      }
    }
    #expect(begun.ever < 200)
    #expect(received < 200)
  }

  @Test(arguments: [1, 4]) func stopsTheThreadsWhenWhatTheyMakeIsRefused(threads: Int) {
    let inside = Gauge()
    #expect(throws: Fault(number: -1)) {
      try workInParallel(on: Array(0..<10_000), threads: threads) {
        { (number: Int, deliver: (Int) throws -> Void) in
          inside.enter()
          defer { inside.leave() }
          try deliver(number)
        }
      } receive: { _ in
        throw Fault(number: -1)
      }
    }
    // All have ended: nobody comes after this.
    let ever = inside.ever
    #expect(ever < 200)
    #expect(inside.most <= threads)
    #expect(inside.ever == ever)
  }

  @Test func aWorkerThatCannotBeMadeEndsItAll() {
    #expect(throws: Fault(number: 7)) {
      try workInParallel(on: Array(0..<100), threads: 3) { () throws -> (Int, (Int) throws -> Void) throws -> Void in
        throw Fault(number: 7)
      } receive: { (_: Int) in
      }
    }
  }

  @Test func waitsForWhoeverReceives() throws {
    let waiting = Gauge()
    var count = 0
    try workInParallel(on: Array(0..<300), threads: 2) {
      { (number: Int, deliver: (Int) throws -> Void) in
        try deliver(number)
        waiting.enter()
      }
    } receive: { _ in
      count += 1
      // Of two threads eight results may wait, eight more may have been taken together, and two are being handed over.
      #expect(waiting.ever <= count + 20)
    }
    #expect(count == 300)
  }
}
