import CLinux
import Glibc
import Synchronization

/// SIGINT and SIGTERM, taken by handlers and acted on by a thread that waits for them.
///
/// Handlers, and not `sigwait` alone: that needs the signals blocked in every thread, and threads of libraries (the one
/// that waits for child processes) unblock them while they sleep. A signal that reached such a thread would end the process.
public final class StopSignals: Sendable {
  private let received = Atomic<Int32>(0)

  /// Takes over the signals for the process; once, and before any other thread exists.
  ///
  /// A broken pipe is an error of `write`, not a signal, from then on.
  ///
  /// - Parameter stop: called at each signal with how many there were, this one included; returns whether the process
  ///   goes on. It ends at once with 128 and the signal's number if not.
  public init(_ stop: @escaping @Sendable (_ count: Int) -> Bool) {
    signal(SIGPIPE, SIG_IGN)
    let pipe = clinux_catch_stop_signals()
    // Without memory for a pipe at its start the process couldn't do anything else either.
    precondition(pipe >= 0, "cannot catch signals: error \(errno)")
    _ = WorkerThread { [self] in
      var count = 0
      while true {
        var number: UInt8 = 0
        guard read(pipe, &number, 1) == 1 else { continue }
        count += 1
        if count == 1 { received.store(Int32(number), ordering: .relaxed) }
        if !stop(count) { _exit(128 + Int32(number)) }
      }
    }
  }

  /// The first signal, or 0.
  public var first: Int32 { received.load(ordering: .relaxed) }
}
