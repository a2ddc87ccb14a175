public import BackupModel
public import BackupPolicy
import HostSystem
public import JobEngine
import VolumeSnapshots

/// The kind `snapshot`: takes a snapshot of each volume of some selections, and removes older ones of its own.
///
/// Keys: `volumes`, names of selections; `keep`, which snapshots of this schedule stay. Those of a selection with `together` share one
/// instant.
public enum SnapshotJob: JobKind {
  /// `snapshot`.
  public static let name = "snapshot"
  /// `volumes`, `keep`.
  public static let keys: Set<String> = ["volumes", "keep"]

  /// Checks that the selections exist and the rules keep something.
  public static func body(of declaration: JobDeclaration, in scope: JobScope) throws -> any JobBody<SourceID> {
    guard declaration.specification["volumes"] != nil else {
      throw PolicyError(
        at: declaration.location, "job `\(declaration.name)` of kind snapshot has no `volumes`",
        hint: "name a selection of volumes: `volumes: pvc`")
    }
    return SnapshotBody(
      tasks: try VolumeTasks(declaration, in: scope),
      keep: try declaration.specification["keep"].map { node throws(PolicyError) in try KeepRules(node) },
      scope: scope)
  }
}

private struct SnapshotBody: JobBody {
  let tasks: VolumeTasks
  let keep: KeepRules?
  let scope: JobScope
  private let instants = SharedInstants()

  init(tasks: VolumeTasks, keep: KeepRules?, scope: JobScope) {
    self.tasks = tasks
    self.keep = keep
    self.scope = scope
  }

  func expand(_ inputs: [JobInput<SourceID>]) async throws -> [PlannedTask<SourceID>] {
    let host = try scope.host()
    let selected = try await tasks.select(on: host)
    let snapshots = try await host.inventory().snapshots
    let together = Set(tasks.declarations.filter(\.together).map(\.name))
    var groups: [String: [VolumeName]] = [:]
    let planned = selected.map { source, parameters in
      let target = VolumeTasks.target(parameters, in: scope)
      if let (target, declaration) = target, together.contains(declaration.name) {
        groups[declaration.name, default: []].append(target.volume)
      }
      let newest = snapshots.filter { $0.originName == target?.0.volume && $0.isGood }.compactMap(\.created).max()
      return PlannedTask(source, staleness: scope.age(of: newest), parameters: parameters)
    }
    await instants.expect(groups)
    return planned
  }

  func run(_ task: PlannedTask<SourceID>, _ context: TaskContext<SourceID>) async throws -> TaskOutcome {
    try await withTaskFailures {
      guard let (target, declaration) = VolumeTasks.target(task.parameters, in: scope) else {
        throw EngineError(.badSpecification, "cannot take a snapshot of \(task.subject): it is not declared any more")
      }
      let taking = VolumeTaking(host: try scope.host())
      let keep = keep
      let taken = try await instants.snapshot(of: target.volume, in: declaration.name) { volumes in
        try await taking.take(volumes, hooks: target.hooks, purpose: .series, keep: keep)
      }
      var problems = taken.problems
      var message = "\(taken.snapshot)"
      if let keep {
        let removed = try await taking.retain(target.volume, keep: keep)
        problems += removed.compactMap { $0.failure.map { "\($0)" } }
        let count = removed.count { $0.failure == nil }
        if count > 0 { message += "; removed \(count) older" }
      }
      if let first = problems.first { message += "; \(first)" }
      return TaskOutcome(
        problems.isEmpty ? .succeeded : .degraded, message: message, details: problems,
        results: VolumeTasks.results(task, snapshot: taken.snapshot))
    }
  }
}

/// Takes the snapshots of volumes that share one instant together, whichever of their tasks comes first.
private actor SharedInstants {
  private var groups: [String: [VolumeName]] = [:]
  private var under: [String: Task<TakenSnapshots, any Error>] = [:]

  /// Notes which volumes share an instant, by the names of their selections.
  func expect(_ groups: [String: [VolumeName]]) { self.groups = groups }

  /// The snapshot of one volume, taken with those that share its instant.
  ///
  /// A failure is told to each task that waited for it; the next attempt takes all of them anew. What is under way isn't stopped when one of
  /// its tasks is: it takes seconds.
  func snapshot(
    of volume: VolumeName, in selection: String,
    take: @escaping @Sendable ([VolumeName]) async throws -> TakenSnapshots
  ) async throws -> (snapshot: VolumeName, problems: [String]) {
    guard let volumes = groups[selection], volumes.count > 1, volumes.contains(volume) else {
      return try Self.part(volume, of: try await take([volume]))
    }
    let task = under[selection] ?? Task { try await take(volumes) }
    under[selection] = task
    do {
      return try Self.part(volume, of: try await task.value)
    } catch {
      if under[selection] == task { under[selection] = nil }
      throw error
    }
  }

  private static func part(
    _ volume: VolumeName, of taken: TakenSnapshots
  ) throws -> (snapshot: VolumeName, problems: [String]) {
    guard let snapshot = taken.snapshots.first(where: { $0.originName == volume }) else {
      throw VolumeError(.notFound, "cannot take a snapshot of \(volume): it is not among those that were taken")
    }
    return (snapshot.name, taken.warnings.map(\.description))
  }
}
