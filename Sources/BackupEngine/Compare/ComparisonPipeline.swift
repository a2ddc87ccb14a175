import HostSystem

/// Compares pairs on worker threads. One thread submits; a bounded number of pairs waits.
final class ComparisonPipeline: Sendable {
  private struct State {
    var batches: [[EntryPair]] = []
    var isComplete = false
    var failure: (any Error)?
  }

  private let state = Monitor(State())
  private let workers: [WorkerThread]
  private let capacity: Int

  /// Starts the workers.
  init(
    threads: Int, cancellation: Cancellation, makeComparison: @escaping @Sendable () -> EntryComparison
  ) {
    let state = state
    capacity = 2 * max(1, threads)
    workers = (0..<max(1, threads)).map { _ in
      WorkerThread {
        let comparison = makeComparison()
        while true {
          let next = state.wait { state -> [EntryPair]?? in
            if state.failure != nil { return .some(nil) }
            if !state.batches.isEmpty { return .some(state.batches.removeFirst()) }
            return state.isComplete ? .some(nil) : nil
          }
          guard let next else { return }
          for pair in next {
            if cancellation.isCancelled { return state.update { $0.failure = CancellationError() } }
            comparison.compare(pair)
          }
        }
      }
    }
  }

  /// Hands pairs to the workers; waits while too many are under way.
  ///
  /// - Throws: `CancellationError`.
  func submit(_ pairs: [EntryPair]) throws {
    try state.wait { state -> Void? in
      if let failure = state.failure { throw failure }
      guard state.batches.count < capacity else { return nil }
      state.batches.append(pairs)
      return ()
    }
  }

  /// Waits until all is compared, or gives up what waits.
  ///
  /// - Throws: `CancellationError`.
  func end(_ failure: (any Error)? = nil) throws {
    state.update { state in
      state.isComplete = true
      state.failure = state.failure ?? failure
    }
    for worker in workers { worker.join() }
    try state.update { state in
      if let failure = state.failure { throw failure }
    }
  }
}
