import Synchronization

/// Events on their way to the one who takes them all at once.
///
/// Anyone may send, from any thread; one reader at a time may wait. Waiting doesn't end when the waiting task is
/// cancelled, since the reader has to go on until whatever it started has answered.
final class EventQueue<Event: Sendable>: Sendable {
  private struct State {
    var events: [Event] = []
    var isClosed = false
    var waiter: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())

  /// Adds an event; after `close()` it is dropped.
  func send(_ event: Event) {
    let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard !state.isClosed else { return nil }
      state.events.append(event)
      return state.waiter.take()
    }
    waiter?.resume()
  }

  /// Waits until there is an event, then takes all there are, in the order in which they were sent.
  func next() async -> [Event] {
    await withCheckedContinuation { continuation in
      let isThere = state.withLock { state in
        if state.events.isEmpty { state.waiter = continuation }
        return !state.events.isEmpty
      }
      if isThere { continuation.resume() }
    }
    return state.withLock { state in
      defer { state.events = [] }
      return state.events
    }
  }

  /// Drops what comes from now on.
  func close() {
    state.withLock { $0.isClosed = true }
  }
}
