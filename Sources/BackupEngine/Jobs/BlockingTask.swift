import BackupModel
import HostSystem
import JobEngine

/// Runs blocking work of a task on a thread of its own; cancelling the task asks the work to stop and waits for it.
///
/// - Throws: `TaskFailure` made of the work's error: a source that is held by another process is worth a retry.
func withBlockingTask<Result: Sendable>(
  _ work: @escaping @Sendable (Cancellation) throws -> Result
) async throws -> Result {
  try await withTaskFailures { try await withBlockingWork(work) }
}

/// Runs blocking work on a thread of its own; cancelling the task asks the work to stop and waits for it.
func withBlockingWork<Result: Sendable>(
  _ work: @escaping @Sendable (Cancellation) throws -> Result
) async throws -> Result {
  let cancellation = Cancellation()
  return try await withTaskCancellationHandler {
    try await withWorkerThread { try work(cancellation) }
  } onCancel: {
    cancellation.cancel()
  }
}

/// Runs work of a task and says of its errors whether trying again may help.
///
/// - Throws: `TaskFailure` made of the work's error: a source that is held by another process is worth a retry, and so is a
///   program that failed, since most of them speak with something beyond this machine.
func withTaskFailures<Result>(
  isolation: isolated (any Actor)? = #isolation, _ work: () async throws -> Result
) async throws -> Result {
  do {
    return try await work()
  } catch let failure as any Failure {
    let isTransient = failure.category == .busy || (failure as? EngineError)?.code == .commandFailed
    throw TaskFailure(
      failure.message, kind: isTransient ? .transient : .permanent,
      details: [failure.cause.map { "cause: \($0)" }, failure.hint.map { "hint: \($0)" }].compactMap { $0 })
  }
}
