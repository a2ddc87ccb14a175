import BackupModel
import HostSystem
import Synchronization
import VolumeSnapshots

/// Leases that are kept in memory.
final class TestLeases: VolumeLeasing {
  private let held = Mutex<(now: [VolumeThing], ever: [VolumeThing])>(([], []))

  var now: [VolumeThing] { held.withLock { $0.now } }
  var ever: [VolumeThing] { held.withLock { $0.ever } }

  func acquire(_ thing: VolumeThing) async throws -> any VolumeLease {
    held.withLock {
      $0.now.append(thing)
      $0.ever.append(thing)
    }
    return Lease(thing: thing, leases: self)
  }

  private struct Lease: VolumeLease {
    let thing: VolumeThing
    let leases: TestLeases
    func amend(details: [String: String]) async throws {}
    func release() async throws { leases.held.withLock { $0.now.removeAll { $0 == thing } } }
  }
}

/// A clock that stands still, or goes on by a step each time it is asked how much time has passed.
final class TestClock: HostClock {
  private let passed = Mutex(Duration.zero)
  private let step: Duration
  private let time: Timestamp

  init(_ time: Timestamp = Timestamp(seconds: 1_795_370_400), step: Duration = .zero) {
    self.time = time
    self.step = step
  }

  func now() -> Timestamp { time }
  func inodeTime() -> Timestamp { time }
  func elapsed() -> Duration {
    passed.withLock {
      $0 += step
      return $0
    }
  }
}

/// Waits, kept instead of done.
final class TestSleep: Sendable {
  private let kept = Mutex<[Duration]>([])
  var waits: [Duration] { kept.withLock { $0 } }
  /// Ends at once.
  @Sendable func sleep(_ duration: Duration) async throws {
    try Task.checkCancellation()
    kept.withLock { $0.append(duration) }
  }
  /// Ends only when the task is cancelled.
  @Sendable static func forEver(_ duration: Duration) async throws {
    try await Task.sleep(for: .seconds(100_000))
  }
}
