import Synchronization
import Testing

@testable import VolumeSnapshots

@Suite("Trying again")
struct BusyRetryTests {
  @Test(arguments: [(0, 1, 0), (1, 2, 1), (4, 5, 4)])
  func triesUntilNothingIsInTheWay(obstacles: Int, attempts: Int, pauses: Int) async throws {
    let slept = Mutex<[Duration]>([])
    let retry = BusyRetry(attempts: 5, pause: .seconds(7)) { pause in slept.withLock { $0.append(pause) } }
    var tried = 0
    try await retry.untilNone("close x", hint: "look") {
      tried += 1
      return tried > obstacles ? nil : "in use"
    }
    #expect(tried == attempts)
    #expect(slept.withLock { $0 } == [Duration](repeating: .seconds(7), count: pauses))
  }

  @Test func givesUpAfterTheLastAttemptWithoutAFurtherPause() async throws {
    let slept = Mutex(0)
    let retry = BusyRetry(attempts: 5) { _ in slept.withLock { $0 += 1 } }
    var tried = 0
    let error = await volumeError {
      try await retry.untilNone("close x", hint: "look") {
        tried += 1
        return "obstacle \(tried)"
      }
    }
    #expect(
      error
        == VolumeError(.busy, "cannot close x: it is still in use after 5 attempts", cause: "obstacle 5", hint: "look"))
    #expect(slept.withLock { $0 } == 4)
  }
}
