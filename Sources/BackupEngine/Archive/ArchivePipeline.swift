import BackupModel
import BackupRepository
import HostSystem

/// Runs planned work on worker threads and gives the results back in the order in which the work was planned.
///
/// One thread plans (``submit(_:)``), one commits (``nextResult()``), any number work. At most a few pieces are under way,
/// which bounds the memory. The first error ends it all.
final class ArchivePipeline: Sendable {
  private struct State {
    var planned: [(number: Int, work: ArchiveWork)] = []
    var results: [Int: ArchiveResult] = [:]
    var plannedCount = 0
    var committedCount = 0
    var isComplete = false
    var failure: (any Error)?
  }

  private let state = Monitor(State())
  private let capacity: Int
  private let workers: [WorkerThread]

  /// Starts the workers.
  init(_ context: ArchiveContext, threads: Int) {
    capacity = 2 * threads + 2
    let state = state
    workers = (0..<threads).map { _ in WorkerThread { Self.work(state, context) } }
  }

  private static func work(_ state: Monitor<State>, _ context: ArchiveContext) {
    do {
      let entries = try EntryArchiver(context)
      let slices = try SliceArchiver(context)
      while true {
        let next = state.wait { state -> (number: Int, work: ArchiveWork)?? in
          if state.failure != nil { return .some(nil) }
          if !state.planned.isEmpty { return .some(state.planned.removeFirst()) }
          return state.isComplete ? .some(nil) : nil
        }
        guard let (number, work) = next else { return }
        let result: ArchiveResult
        switch work {
        case .entries(let work): result = try entries.process(work)
        case .slice(let work): result = try slices.process(work)
        }
        state.update { $0.results[number] = result }
      }
    } catch {
      state.update { $0.failure = $0.failure ?? error }
    }
  }

  /// Hands a piece to the workers; waits while too many are under way.
  ///
  /// - Throws: the first error of any thread.
  func submit(_ work: ArchiveWork) throws {
    try state.wait { state -> Void? in
      if let failure = state.failure { throw failure }
      guard state.plannedCount - state.committedCount < capacity else { return nil }
      state.planned.append((state.plannedCount, work))
      state.plannedCount += 1
      return ()
    }
  }

  /// Says that nothing more will be submitted, because all is planned or because of an error.
  func complete(_ failure: (any Error)? = nil) {
    state.update { state in
      state.isComplete = true
      state.failure = state.failure ?? failure
    }
  }

  /// The next result in order, or nil after the last one.
  ///
  /// - Throws: the first error of any thread.
  func nextResult() throws -> ArchiveResult? {
    try state.wait { state -> ArchiveResult?? in
      if let result = state.results.removeValue(forKey: state.committedCount) {
        state.committedCount += 1
        return .some(result)
      }
      if let failure = state.failure { throw failure }
      return state.isComplete && state.committedCount == state.plannedCount ? .some(nil) : nil
    }
  }

  /// Waits until the workers have ended.
  func join() {
    for worker in workers { worker.join() }
  }
}
