import CLinux
import Glibc
import Synchronization

// Unsafe code: pthread mutexes and condition variables need a stable address, and a thread's start routine takes a
// pointer. Both are confined to this file; the memory is owned by the objects and freed with them.

/// A value that threads share: at most one thread is inside at a time, and a thread can wait until the value has changed.
///
/// `Synchronization.Mutex` has no condition variable, so this wraps the system's pair.
public final class Monitor<State>: @unchecked Sendable {
  // Invariant of `@unchecked Sendable`: `state` is touched only between lock and unlock of `mutex`.
  fileprivate var state: State
  fileprivate let mutex: UnsafeMutablePointer<pthread_mutex_t>
  fileprivate let condition: UnsafeMutablePointer<pthread_cond_t>

  /// Guards a first value.
  public init(_ state: sending State) {
    self.state = state
    mutex = .allocate(capacity: 1)
    condition = .allocate(capacity: 1)
    precondition(pthread_mutex_init(mutex, nil) == 0 && pthread_cond_init(condition, nil) == 0)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Runs `body` alone and wakes the threads that wait.
  public func update<Result>(_ body: (inout State) throws -> sending Result) rethrows -> sending Result {
    pthread_mutex_lock(mutex)
    defer {
      pthread_cond_broadcast(condition)
      pthread_mutex_unlock(mutex)
    }
    return try body(&state)
  }

  /// Waits until `body` gives a result; it runs alone, at once and after each update.
  public func wait<Result>(until body: (inout State) throws -> sending Result?) rethrows -> sending Result {
    pthread_mutex_lock(mutex)
    defer {
      pthread_cond_broadcast(condition)
      pthread_mutex_unlock(mutex)
    }
    while true {
      if let result = try body(&state) { return result }
      pthread_cond_wait(condition, mutex)
    }
  }
}

extension Monitor {
  /// Waits like ``wait(until:)``, but at most for some seconds.
  ///
  /// - Returns: whether `body` gave a result in time.
  public func wait(atMost seconds: Double, until body: (inout State) -> Bool?) -> Bool {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    var deadline = timespec()
    clock_gettime(CLOCK_REALTIME, &deadline)
    let nanoseconds = Int(seconds * 1e9) + deadline.tv_nsec
    deadline.tv_sec += nanoseconds / 1_000_000_000
    deadline.tv_nsec = nanoseconds % 1_000_000_000
    while true {
      if let result = body(&state) { return result }
      if pthread_cond_timedwait(condition, mutex, &deadline) == ETIMEDOUT { return false }
    }
  }
}

/// A thread of our own, for blocking work that must stay off Swift's cooperative pool.
public final class WorkerThread: Sendable {
  private let finished = Monitor(false)

  /// Starts a thread that runs `body`.
  public init(_ body: @escaping @Sendable () -> Void) {
    let finished = finished
    let box = Unmanaged.passRetained(
      StartBox {
        body()
        finished.update { $0 = true }
      })
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    pthread_attr_setstacksize(&attributes, 4 << 20)
    var thread = pthread_t()
    let result = pthread_create(
      &thread, &attributes,
      { pointer in
        guard let pointer else { return nil }
        Unmanaged<StartBox>.fromOpaque(pointer).takeRetainedValue().body()
        return nil
      }, box.toOpaque())
    pthread_attr_destroy(&attributes)
    precondition(result == 0, "cannot start a thread: \(result)")
  }

  /// Waits until the thread's body has returned.
  public func join() { finished.wait { $0 ? () : nil } }

  private final class StartBox {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
}

/// How many threads the machine can run at once, as far as this process may use it.
public func availableProcessors() -> Int { Int(clinux_processors()) }

/// Runs blocking work on a thread of its own and suspends until it is done.
public func withWorkerThread<Result: Sendable>(
  _ body: @escaping @Sendable () throws -> Result
) async throws -> Result {
  try await withCheckedThrowingContinuation { continuation in
    _ = WorkerThread { continuation.resume(with: Swift.Result(catching: body)) }
  }
}
