import BackupModel
import BackupPolicy
import HostSystem
import JobEngine
import VolumeSnapshots

/// The kind `retention` with `volumes`: removes the snapshots of this schedule that neither a rule nor a floor keeps, and takes none.
///
/// The rules and floors are those of a job `snapshot` with `keep`: it is for a schedule whose snapshots aren't all taken by one job, or that
/// takes them more often than it removes some.
struct SnapshotRetentionBody: JobBody {
  private let tasks: VolumeTasks
  private let keep: KeepRules
  private let scope: JobScope

  /// Reads `volumes` and `keep`.
  ///
  /// - Throws: `PolicyError` for a key that is about points, missing rules, or a selection that isn't declared.
  init(_ declaration: JobDeclaration, in scope: JobScope) throws {
    for key in RetentionJob.keys.subtracting(["volumes", "keep"]).sorted() {
      guard let node = declaration.specification[key] else { continue }
      throw PolicyError(
        at: node.location, "job `\(declaration.name)` of kind retention has `volumes` and `\(key)`",
        hint: "`volumes` is about snapshots and `\(key)` about points: make two jobs of it")
    }
    guard let node = declaration.specification["keep"] else {
      throw PolicyError(
        at: declaration.location, "job `\(declaration.name)` of kind retention has `volumes` and no `keep`",
        hint: "say which snapshots stay: `keep: {last: 2, daily: 7}`")
    }
    tasks = try VolumeTasks(declaration, in: scope)
    keep = try KeepRules(node)
    self.scope = scope
  }

  func expand(_ inputs: [JobInput<SourceID>]) async throws -> [PlannedTask<SourceID>] {
    try await tasks.select(on: try scope.host()).map { PlannedTask($0.source, parameters: $0.parameters) }
  }

  func run(_ task: PlannedTask<SourceID>, _ context: TaskContext<SourceID>) async throws -> TaskOutcome {
    try await withTaskFailures {
      guard let (target, _) = VolumeTasks.target(task.parameters, in: scope) else {
        throw EngineError(
          .badSpecification, "cannot remove snapshots of \(task.subject): it is not declared any more")
      }
      let removed = try await VolumeTaking(host: try scope.host()).retain(target.volume, keep: keep)
      let problems = removed.compactMap { $0.failure.map { "\($0)" } }
      let count = removed.count { $0.failure == nil }
      var message = "removed \(count == 1 ? "1 snapshot" : "\(count) snapshots")"
      if let first = problems.first { message += "; \(first)" }
      return TaskOutcome(problems.isEmpty ? .succeeded : .degraded, message: message, details: problems)
    }
  }
}
