import Synchronization

/// Lets someone outside interrupt one run, in two steps: ask it to stop, then stop waiting for it.
///
/// May be used from any thread, before the run starts and after it has ended; each request counts once.
public final class RunControl: Sendable {
  enum Request: Hashable, Sendable {
    case cancel, abandon
  }

  private struct State {
    var requests: [Request] = []
    var listener: (@Sendable (Request) -> Void)?
  }

  private let state = Mutex(State())

  /// Makes the control of a run that hasn't started.
  public init() {}

  /// Interrupts the run as cancelling its Swift task does: what runs is cancelled, and awaited within the clean-up limit.
  public func cancel() {
    request(.cancel)
  }

  /// Interrupts the run and waits for nothing: what still runs is cancelled and abandoned at once.
  ///
  /// The process should end soon after, since abandoned work may go on in it.
  public func abandon() {
    request(.abandon)
  }

  private func request(_ request: Request) {
    let listener = state.withLock { state -> (@Sendable (Request) -> Void)? in
      guard !state.requests.contains(request) else { return nil }
      state.requests.append(request)
      return state.listener
    }
    listener?(request)
  }

  /// Passes requests on from now on, those made before at once.
  func attach(_ listener: @escaping @Sendable (Request) -> Void) {
    let earlier = state.withLock { state in
      state.listener = listener
      return state.requests
    }
    for request in earlier { listener(request) }
  }
}
