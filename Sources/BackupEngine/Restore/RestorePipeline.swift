import BackupModel
import HostSystem

/// Runs tasks of a restore on worker threads, in batches that can be waited for.
///
/// One thread submits and waits, any number work. The first error ends it all.
final class RestorePipeline: Sendable {
  private struct State {
    var tasks: [(batch: Int, task: RestoreTask)] = []
    var next = 0
    var remaining: [Int: Int] = [:]
    var batchCount = 0
    var isComplete = false
    var failure: (any Error)?
  }

  private let state = Monitor(State())
  private let workers: [WorkerThread]

  /// Starts the workers.
  ///
  /// - Parameter makeWorker: makes what a thread works with; called once on each.
  init(threads: Int, makeWorker: @escaping @Sendable () throws -> RestoreWorker) {
    let state = state
    workers = (0..<max(1, threads)).map { _ in WorkerThread { Self.work(state, makeWorker) } }
  }

  private static func work(_ state: Monitor<State>, _ makeWorker: () throws -> RestoreWorker) {
    do {
      let worker = try makeWorker()
      while true {
        let next = state.wait { state -> (batch: Int, task: RestoreTask)?? in
          if state.failure != nil { return .some(nil) }
          if state.next < state.tasks.count {
            state.next += 1
            return .some(state.tasks[state.next - 1])
          }
          return state.isComplete ? .some(nil) : nil
        }
        guard let (batch, task) = next else { return }
        try worker.perform(task)
        state.update { state in
          let left = (state.remaining[batch] ?? 1) - 1
          state.remaining[batch] = left == 0 ? nil : left
        }
      }
    } catch {
      state.update { $0.failure = $0.failure ?? error }
    }
  }

  /// Hands a batch to the workers.
  ///
  /// - Returns: its number, for ``wait(for:)``.
  func submit(_ tasks: [RestoreTask]) -> Int {
    state.update { state in
      let batch = state.batchCount
      state.batchCount += 1
      // What was taken is dropped, so that files don't stay in memory.
      state.tasks.removeFirst(state.next)
      state.next = 0
      state.tasks += tasks.map { (batch, $0) }
      if !tasks.isEmpty { state.remaining[batch] = tasks.count }
      return batch
    }
  }

  /// Waits until a batch is done.
  ///
  /// - Throws: the first error of any thread.
  func wait(for batch: Int) throws {
    try state.wait { state -> Void? in
      if let failure = state.failure { throw failure }
      return state.remaining[batch] == nil ? () : nil
    }
  }

  /// Ends the workers, at once if there was an error, and waits for them.
  func end(_ failure: (any Error)? = nil) {
    state.update { state in
      state.isComplete = true
      state.failure = state.failure ?? failure
    }
    for worker in workers { worker.join() }
  }
}
