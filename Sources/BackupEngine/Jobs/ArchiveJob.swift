public import BackupModel
public import BackupPolicy
import HostSystem
public import JobEngine

/// The kind `archive`: makes a point of each source of some trees, streams and volumes.
///
/// Keys: `trees`, `streams` and `volumes`, names of what is declared; at least one of them, or `of` a job that takes snapshots, which are
/// archived then. A tree with `each-child` gives one task for each child, a selection of volumes one for each volume.
public enum ArchiveJob: JobKind {
  /// `archive`.
  public static let name = "archive"
  /// `trees`, `streams`, `volumes`.
  public static let keys: Set<String> = ["trees", "streams", "volumes"]
  /// Each task makes one.
  public static let makesPoints = true

  /// Checks that the trees and streams exist.
  public static func body(of declaration: JobDeclaration, in scope: JobScope) throws -> any JobBody<SourceID> {
    let (trees, streams) = (declaration.specification["trees"], declaration.specification["streams"])
    guard trees != nil || streams != nil || declaration.specification["volumes"] != nil || !declaration.of.isEmpty
    else {
      throw PolicyError(
        at: declaration.location,
        "job `\(declaration.name)` of kind archive has none of `trees`, `streams`, `volumes` and `of`",
        hint: "name what it archives: `trees: [etc]`, or the job whose snapshots it archives: `of: freeze`")
    }
    return ArchiveBody(
      trees: try declared(trees, among: scope.trees, called: "tree", \.name),
      streams: try declared(streams, among: scope.streams, called: "stream", \.name)
        .map { try StreamSource($0) },
      volumes: try VolumeTasks(declaration, in: scope), scope: scope)
  }

  /// What is declared under the names that a key lists.
  private static func declared<Declaration>(
    _ key: DocumentNode?, among known: [Declaration], called noun: String, _ name: (Declaration) -> String
  ) throws -> [Declaration] {
    try key?.stringNodes().map { node throws(PolicyError) in
      let wanted = try node.string()
      guard let declaration = known.first(where: { name($0) == wanted }) else {
        let nearest = nearestName(to: wanted, among: known.map(name))
        throw PolicyError(
          at: node.location,
          "there is no \(noun) `\(wanted)`" + (nearest.map { "; did you mean `\($0)`?" } ?? ""),
          hint: "\(noun)s are declared under `\(noun)s:` of the schedule or the configuration")
      }
      return declaration
    } ?? []
  }
}

private struct ArchiveBody: JobBody {
  let trees: [TreeDeclaration]
  let streams: [StreamSource]
  let volumes: VolumeTasks
  let scope: JobScope

  func expand(_ inputs: [JobInput<SourceID>]) async throws -> [PlannedTask<SourceID>] {
    // A volume of which this run has a snapshot isn't snapshotted a second time.
    let snapshotted = inputs.filter { VolumeTasks.snapshot($0.results) != nil }.map { ($0.subject, $0.results) }
    let selected = volumes.declarations.isEmpty ? [] : try await volumes.select(on: try scope.host())
    let parameters = Dictionary(snapshotted + selected.map { ($0.source, $0.parameters) }) { first, _ in first }
    return try await withBlockingTask { _ in
      let others = try treeSources().map(\.source) + streams.map(\.source)
      return try (others + parameters.keys.sorted()).map { source in
        // Only for the order of tasks: a point that can't be read is reported by the archive itself.
        let latest = try scope.settings.repository.store(source).latestGoodPoint { _, _ in }
        return PlannedTask(
          source, staleness: scope.age(of: latest?.begun),
          expectedDuration: latest.map { .seconds(max(0, $0.ended.seconds - $0.begun.seconds)) },
          parameters: parameters[source] ?? [:])
      }
    }
  }

  private func treeSources() throws -> [TreeSource] { try trees.flatMap { try TreeSource.expand($0) } }

  func run(_ task: PlannedTask<SourceID>, _ context: TaskContext<SourceID>) async throws -> TaskOutcome {
    if let stream = streams.first(where: { $0.source == task.subject }) { return try await archive(stream) }
    if task.subject.kind == .volume { return try await archiveVolume(task) }
    return try await withBlockingTask { cancellation in
      guard let source = try treeSources().first(where: { $0.source == task.subject }) else {
        throw EngineError(
          .sourceUnreadable, "cannot archive \(task.subject): its directory is gone since the run began")
      }
      let point = try TreeArchive(try scope.settings.request(for: source), clock: scope.clock)
        .run(progress: ArchiveProgress(), cancellation: cancellation)
      return TaskOutcome(of: point)
    }
  }

  private func archiveVolume(_ task: PlannedTask<SourceID>) async throws -> TaskOutcome {
    try await withTaskFailures {
      guard let (target, _) = VolumeTasks.target(task.parameters, in: scope) else {
        throw EngineError(.badSpecification, "cannot archive \(task.subject): it is not declared any more")
      }
      let archive = VolumeArchive(target, as: scope.settings.point(for: task.subject), on: try scope.host())
      let outcome = try await archive.run(
        from: VolumeTasks.snapshot(task.parameters), progress: ArchiveProgress())
      return TaskOutcome(of: outcome.point).degraded(by: outcome.problems)
    }
  }

  private func archive(_ stream: StreamSource) async throws -> TaskOutcome {
    try await withTaskFailures {
      let request = scope.settings.request(for: stream.source, file: stream.file, mayBeEmpty: stream.mayBeEmpty)
      return TaskOutcome(
        of: try await StreamArchive(request, clock: scope.clock).run(stream.command, progress: ArchiveProgress()))
    }
  }
}
