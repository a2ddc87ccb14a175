import BackupModel
import BackupRepository
import HostSystem

/// The two threads in front of the workers: one walks the tree, the other merges the walk with the previous index.
final class PlanningThreads: Sendable {
  private struct Queue {
    var batches: [WalkBatch] = []
    var isComplete = false
    /// The planner is gone; what still comes is dropped.
    var isAbandoned = false
  }

  private static let capacity = 4
  private let threads: [WorkerThread]

  /// Starts both; errors of either end the pipeline.
  init(
    root: OpenFile, rules: TreeWalker.Rules, previous: PreviousIndex?, context: ArchiveContext,
    pipeline: ArchivePipeline, cancellation: Cancellation
  ) {
    let queue = Monitor(Queue())
    let walking = WorkerThread {
      do {
        try TreeWalker(root: root, rules: rules).walk { batch in
          try queue.wait { queue -> Void? in
            if queue.isAbandoned { throw CancellationError() }
            guard queue.batches.count < Self.capacity else { return nil }
            queue.batches.append(batch)
            return ()
          }
        }
      } catch {
        pipeline.complete(Self.sourceError(error))
      }
      queue.update { $0.isComplete = true }
    }
    let planning = WorkerThread {
      do {
        try Self.plan(queue, try previous?.open(), context, pipeline, cancellation)
        pipeline.complete()
      } catch {
        pipeline.complete(error)
      }
      queue.update { $0.isAbandoned = true }
    }
    threads = [walking, planning]
  }

  private static func plan(
    _ queue: Monitor<Queue>, _ reader: IndexReader?, _ context: ArchiveContext, _ pipeline: ArchivePipeline,
    _ cancellation: Cancellation
  ) throws {
    let planner = try MergePlanner(context, previous: reader, cancellation: cancellation) { try pipeline.submit($0) }
    while true {
      let batch = queue.wait { queue -> WalkBatch?? in
        if !queue.batches.isEmpty { return .some(queue.batches.removeFirst()) }
        return queue.isComplete ? .some(nil) : nil
      }
      guard let batch else { break }
      try planner.plan(batch)
    }
    try planner.finish()
  }

  private static func sourceError(_ error: any Error) -> any Error {
    guard let error = error as? SystemError else { return error }
    return EngineError(.sourceUnreadable, "cannot read the tree: \(error.reason)", cause: error.cause)
  }

  /// Waits until both have ended.
  func join() {
    for thread in threads { thread.join() }
  }
}
