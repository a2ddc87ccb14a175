import BackupModel
import HostSystem
import JobEngine

/// Runs blocking work of a task on a thread of its own; cancelling the task asks the work to stop and waits for it.
///
/// - Throws: `TaskFailure` made of the work's error: a source that is held by another process is worth a retry.
func withBlockingTask<Result: Sendable>(
  _ work: @escaping @Sendable (Cancellation) throws -> Result
) async throws -> Result {
  let cancellation = Cancellation()
  return try await withTaskCancellationHandler {
    do {
      return try await withWorkerThread { try work(cancellation) }
    } catch let failure as any Failure {
      throw TaskFailure(
        failure.message, kind: failure.category == .busy ? .transient : .permanent,
        details: [failure.cause.map { "cause: \($0)" }, failure.hint.map { "hint: \($0)" }].compactMap { $0 })
    }
  } onCancel: {
    cancellation.cancel()
  }
}
