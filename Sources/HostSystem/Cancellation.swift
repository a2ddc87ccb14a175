import Synchronization

/// A wish to stop, which blocking work looks at between steps.
public final class Cancellation: Sendable {
  private let flag = Atomic<Bool>(false)

  /// Makes a wish that hasn't been made yet.
  public init() {}

  /// Asks the work to stop at its next step.
  public func cancel() { flag.store(true, ordering: .relaxed) }

  /// Whether the work is asked to stop.
  public var isCancelled: Bool { flag.load(ordering: .relaxed) }

  /// Ends the work if it is asked to stop.
  ///
  /// - Throws: `CancellationError`.
  public func check() throws {
    if isCancelled { throw CancellationError() }
  }
}
