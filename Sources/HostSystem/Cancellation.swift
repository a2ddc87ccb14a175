import Synchronization

/// A wish to stop, which blocking work looks at between steps.
public final class Cancellation: Sendable {
  private let flag = Atomic<Bool>(false)
  private let handlers = Mutex<[@Sendable () -> Void]>([])

  /// Makes a wish that hasn't been made yet.
  public init() {}

  /// Asks the work to stop at its next step.
  public func cancel() {
    flag.store(true, ordering: .relaxed)
    let waiting = handlers.withLock { handlers in
      defer { handlers = [] }
      return handlers
    }
    for handler in waiting { handler() }
  }

  /// Calls `handler` once when the work is asked to stop; at once if it is already.
  public func onCancel(_ handler: @escaping @Sendable () -> Void) {
    let isTooLate = handlers.withLock { handlers in
      if isCancelled { return true }
      handlers.append(handler)
      return false
    }
    if isTooLate { handler() }
  }

  /// Whether somebody waits for the wish with ``onCancel(_:)``.
  public var isAwaited: Bool { handlers.withLock { !$0.isEmpty } }

  /// Whether the work is asked to stop.
  public var isCancelled: Bool { flag.load(ordering: .relaxed) }

  /// Ends the work if it is asked to stop.
  ///
  /// - Throws: `CancellationError`.
  public func check() throws {
    if isCancelled { throw CancellationError() }
  }
}
