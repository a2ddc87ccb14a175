import BackupModel
import HostSystem
import JobEngine
import Synchronization

/// Tells the service manager how a run is doing and that it is alive, and keeps its progress for whoever asks.
///
/// The signs of life come from Swift's task pool, on which the run's own steps are made: if nothing there moves any
/// more, they stop, and the manager's watchdog ends the process.
final class RunBeat: RunObserver {
  private static let interval = Duration.seconds(10)
  private let notifier: ServiceNotifier
  private let clock: any HostClock
  private let progress: Mutex<RunProgress<SourceID>>
  private let begun: Duration
  private let ticking = Mutex<Task<Void, Never>?>(nil)

  init(jobs: Int, notifier: ServiceNotifier, clock: any HostClock) {
    self.notifier = notifier
    self.clock = clock
    progress = Mutex(RunProgress(jobs: jobs))
    begun = clock.elapsed()
  }

  /// Where the run is.
  var current: RunProgress<SourceID> { progress.withLock { $0 } }

  /// Begins to tell.
  func start() {
    guard notifier.isListenedTo else { return }
    notifier.ready()
    let pause = min(Self.interval, notifier.watchdogInterval.map { $0 / 3 } ?? Self.interval)
    let task = Task { [self] in
      while !Task.isCancelled {
        notifier.alive()
        notifier.status(statusLine)
        do { try await Task.sleep(for: pause) } catch { return }
      }
    }
    ticking.withLock { $0 = task }
  }

  /// The run is over.
  func stop() {
    ticking.withLock { $0?.cancel() }
    notifier.status(statusLine)
    notifier.stopping()
  }

  private var statusLine: String { current.statusLine(at: clock.elapsed() - begun) }

  func record(_ events: [RunEvent<SourceID>], at elapsed: Duration) async throws {
    progress.withLock { $0.take(events, at: elapsed) }
    for case .cancelRequested in events { notifier.stopping() }
  }
}
