import BackupModel
import BackupPolicy
import HostSystem
import JobEngine

/// Runs the commands of hooks and tells them by their environment what they are about.
struct HookCommands: Sendable {
  /// When a command runs.
  enum Stage: String, Sendable {
    case before, after, finally
  }

  private var environment: [String: String]
  private let timeLimit: Duration

  /// Prepares for the tasks of a job.
  ///
  /// - Parameter run: the name of the run; nil outside of one.
  init(job: String, run: String?, timeLimit: Duration) {
    environment = ["BACKUPCTL_JOB": job]
    environment["BACKUPCTL_RUN"] = run
    self.timeLimit = timeLimit
  }

  /// For one task.
  func about(_ subject: SourceID) -> HookCommands { setting(["BACKUPCTL_SOURCE": subject.description]) }

  /// For what comes after work that was done.
  func with(_ outcome: TaskOutcome) -> HookCommands {
    var variables = ["BACKUPCTL_RESULT": outcome.grade.rawValue]
    variables["BACKUPCTL_POINT"] = outcome.results[PointResult.key]
    return setting(variables)
  }

  /// For what comes after work that wasn't done.
  func with(_ failure: TaskFailure) -> HookCommands {
    setting(["BACKUPCTL_RESULT": failure.kind == .cancelled ? "cancelled" : "failed"])
  }

  private func setting(_ variables: [String: String]) -> HookCommands {
    var copy = self
    copy.environment.merge(variables) { _, new in new }
    return copy
  }

  /// Runs a command; what it writes to its standard output is dropped.
  ///
  /// - Throws: `TaskFailure` if it can't be started, fails, or takes too long; `CancellationError`.
  func run(_ vector: [String], as stage: Stage) async throws {
    guard var command = ChildCommand(vector: vector) else {
      throw TaskFailure("cannot run a hook: `\(stage.rawValue)` has an empty command")
    }
    command.environment = environment
    command.timeLimit = timeLimit
    let result: ChildResult
    do {
      result = try await command.run(writingTo: try OpenFile.open(PathBytes(path: "/dev/null"), .update))
    } catch let failure as any Failure {
      throw TaskFailure(
        "the hook `\(stage.rawValue)` failed: \(failure.message)",
        details: [failure.cause, failure.hint].compactMap { $0 })
    }
    guard result.isSuccess else {
      throw TaskFailure(
        "the hook `\(stage.rawValue)` failed: \(command.text) \(result.end)", kind: .transient,
        details: result.lastWords)
    }
  }

  /// What to tell of an error of a command in a report about work that was done.
  static func problems(of error: any Error, in stage: Stage) -> [String] {
    if error is CancellationError { return ["the hook `\(stage.rawValue)` was stopped"] }
    let failure = TaskFailure(describing: error)
    return [failure.message] + failure.details
  }
}
