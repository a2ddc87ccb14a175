import Glibc
import Synchronization

/// SIGINT and SIGTERM, received by a thread that waits for them.
public final class StopSignals: Sendable {
  private let received = Atomic<Int32>(0)

  /// Takes over the signals for the process; must be made before any other thread exists, so that all of them inherit the mask.
  ///
  /// A broken pipe is an error of `write`, not a signal, from then on.
  ///
  /// - Parameter stop: called at the first signal; at the second one the process ends at once.
  public init(_ stop: @escaping @Sendable (Int32) -> Void) {
    signal(SIGPIPE, SIG_IGN)
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, SIGINT)
    sigaddset(&set, SIGTERM)
    pthread_sigmask(SIG_BLOCK, &set, nil)
    let waited = set
    _ = WorkerThread { [self] in
      while true {
        var set = waited
        var number: Int32 = 0
        guard sigwait(&set, &number) == 0 else { continue }
        if received.exchange(number, ordering: .relaxed) != 0 { _exit(128 + number) }
        stop(number)
      }
    }
  }

  /// The first signal, or 0.
  public var first: Int32 { received.load(ordering: .relaxed) }
}
