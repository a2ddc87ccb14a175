public import BackupModel
public import BackupPolicy
import BackupRepository
import HostSystem
public import JobEngine

/// The kind `verify`: reads the stored data of the sources of other jobs, or of named ones, and compares it with its checksums and hashes.
///
/// Keys: `sources` (instead of `of`), `sample` (a share of the frames, least recently verified first; default all), `older-than` (only frames that
/// weren't verified for that long). Damage is a failed task.
public enum VerifyJob: JobKind {
  /// `verify`.
  public static let name = "verify"
  /// `sources`, `sample`, `older-than`.
  public static let keys: Set<String> = ["sources", "sample", "older-than"]

  /// Checks that the job has sources and its keys have values.
  public static func body(of declaration: JobDeclaration, in scope: JobScope) throws -> any JobBody<SourceID> {
    VerifyBody(
      selection: try SourceSelection(declaration),
      sample: try declaration.specification["sample"]?.percentage(),
      olderThan: try declaration.specification["older-than"]?.duration(in: .zero ... .seconds(10 * 365 * 86_400)),
      scope: scope)
  }
}

private struct VerifyBody: JobBody {
  let selection: SourceSelection
  let sample: Percentage?
  let olderThan: Duration?
  let scope: JobScope

  func expand(_ inputs: [JobInput<SourceID>]) async throws -> [PlannedTask<SourceID>] {
    try await withBlockingTask { _ in
      try selection.sources(of: inputs, in: scope.settings.repository).map { PlannedTask($0.source) }
    }
  }

  func run(_ task: PlannedTask<SourceID>, _ context: TaskContext<SourceID>) async throws -> TaskOutcome {
    let report = try await withBlockingTask { cancellation in
      var request = PackVerification.Request(
        store: scope.settings.repository.store(task.subject), tool: scope.settings.tool)
      request.sample = sample
      request.olderThan = olderThan
      request.pacer = scope.settings.pacer
      return try PackVerification(request, clock: scope.clock)
        .run(progress: ArchiveProgress(), cancellation: cancellation)
    }
    let message = "\(report.frames) of \(report.totalFrames) frames, \(report.contentBytes)"
    guard report.damage.isEmpty else {
      throw TaskFailure(
        "damage found: \(report.damage[0].what)",
        details: report.damage.flatMap { damage in
          [damage.what] + damage.paths.prefix(10).map { "affected: \($0.displayedPath)" }
        } + ["hint: backupctl verify \(task.subject.name)"])
    }
    return TaskOutcome(.succeeded, message: message, details: report.notes)
  }
}
