import BackupModel
import BackupPolicy
import HostSystem
import JobEngine

/// A body with commands around each attempt of each of its tasks.
///
/// `before` must succeed for the attempt to begin; `after` follows work that was done; `finally` follows whatever came of it,
/// and isn't stopped by what stops the task.
struct HookedBody: JobBody {
  let body: any JobBody<SourceID>
  let hooks: JobDeclaration.Hooks
  let commands: HookCommands

  func expand(_ inputs: [JobInput<SourceID>]) async throws -> [PlannedTask<SourceID>] {
    try await body.expand(inputs)
  }

  func run(_ task: PlannedTask<SourceID>, _ context: TaskContext<SourceID>) async throws -> TaskOutcome {
    let commands = commands.about(task.subject)
    do {
      for vector in hooks.before { try await commands.run(vector, as: .before) }
      try Task.checkCancellation()
      let outcome = await after(try await body.run(task, context), commands)
      let problems = await finally(commands.with(outcome))
      return outcome.degraded(by: problems)
    } catch {
      let failure = TaskFailure(describing: error)
      let problems = await finally(commands.with(failure))
      // An error of cancellation stays one: how the task ends is decided by who cancelled it.
      guard !problems.isEmpty, !(error is CancellationError) else { throw error }
      throw TaskFailure(failure.message, kind: failure.kind, details: failure.details + problems)
    }
  }

  private func after(_ outcome: TaskOutcome, _ commands: HookCommands) async -> TaskOutcome {
    do {
      for vector in hooks.after { try await commands.with(outcome).run(vector, as: .after) }
      return outcome
    } catch {
      return outcome.degraded(by: HookCommands.problems(of: error, in: .after))
    }
  }

  /// Runs the last commands, each whatever became of the one before, in a task that nobody cancels.
  private func finally(_ commands: HookCommands) async -> [String] {
    let vectors = hooks.finally
    guard !vectors.isEmpty else { return [] }
    return await Task {
      var problems: [String] = []
      for vector in vectors {
        do {
          try await commands.run(vector, as: .finally)
        } catch {
          problems += HookCommands.problems(of: error, in: .finally)
        }
      }
      return problems
    }.value
  }
}

extension TaskOutcome {
  /// The same outcome, but someone should look at it.
  func degraded(by problems: [String]) -> TaskOutcome {
    guard let first = problems.first else { return self }
    return TaskOutcome(
      .degraded, message: message.isEmpty ? first : "\(message); \(first)", details: details + problems,
      results: results)
  }
}
