public import BackupModel
public import BackupPolicy
import HostSystem
public import JobEngine

/// The kind `archive`: makes a point of each source of some trees and streams.
///
/// Keys: `trees` and `streams`, names of what is declared; at least one of both. A tree with `each-child` gives one task for
/// each child.
public enum ArchiveJob: JobKind {
  /// `archive`.
  public static let name = "archive"
  /// `trees`, `streams`.
  public static let keys: Set<String> = ["trees", "streams"]
  /// Each task makes one.
  public static let makesPoints = true

  /// Checks that the trees and streams exist.
  public static func body(of declaration: JobDeclaration, in scope: JobScope) throws -> any JobBody<SourceID> {
    let (trees, streams) = (declaration.specification["trees"], declaration.specification["streams"])
    guard trees != nil || streams != nil else {
      throw PolicyError(
        at: declaration.location, "job `\(declaration.name)` of kind archive has neither `trees` nor `streams`",
        hint: "name what it archives: `trees: [etc]`")
    }
    return ArchiveBody(
      trees: try declared(trees, among: scope.trees, called: "tree", \.name),
      streams: try declared(streams, among: scope.streams, called: "stream", \.name)
        .map { try StreamSource($0) },
      scope: scope)
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
  let scope: JobScope

  func expand(_ inputs: [JobInput<SourceID>]) async throws -> [PlannedTask<SourceID>] {
    try await withBlockingTask { _ in
      try (treeSources().map(\.source) + streams.map(\.source)).map { source in
        // Only for the order of tasks: a point that can't be read is reported by the archive itself.
        let latest = try scope.settings.repository.store(source).latestGoodPoint { _, _ in }
        return PlannedTask(
          source, staleness: scope.age(of: latest?.begun),
          expectedDuration: latest.map { .seconds(max(0, $0.ended.seconds - $0.begun.seconds)) })
      }
    }
  }

  private func treeSources() throws -> [TreeSource] { try trees.flatMap { try TreeSource.expand($0) } }

  func run(_ task: PlannedTask<SourceID>, _ context: TaskContext<SourceID>) async throws -> TaskOutcome {
    if let stream = streams.first(where: { $0.source == task.subject }) { return try await archive(stream) }
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

  private func archive(_ stream: StreamSource) async throws -> TaskOutcome {
    try await withTaskFailures {
      let request = scope.settings.request(for: stream.source, file: stream.file, mayBeEmpty: stream.mayBeEmpty)
      return TaskOutcome(
        of: try await StreamArchive(request, clock: scope.clock).run(stream.command, progress: ArchiveProgress()))
    }
  }
}
