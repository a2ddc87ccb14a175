public import BackupModel
public import BackupPolicy
import BackupRepository
import HostSystem
public import JobEngine

/// The kind `archive`: makes a point of each source of some trees.
///
/// Key `trees`: names of trees. A tree with `each-child` gives one task for each child.
public enum ArchiveJob: JobKind {
  /// `archive`.
  public static let name = "archive"
  /// `trees`.
  public static let keys: Set<String> = ["trees"]

  /// Checks that the trees exist.
  public static func body(of declaration: JobDeclaration, in scope: JobScope) throws -> any JobBody<SourceID> {
    let names = try declaration.specification.required("trees").stringNodes()
    let trees = try names.map { node throws(PolicyError) in
      let name = try node.string()
      guard let tree = scope.trees.first(where: { $0.name == name }) else {
        let nearest = nearestName(to: name, among: scope.trees.map(\.name))
        throw PolicyError(
          at: node.location,
          "there is no tree `\(name)`" + (nearest.map { "; did you mean `\($0)`?" } ?? ""),
          hint: "trees are declared under `trees:` of the schedule or the configuration")
      }
      return tree
    }
    return ArchiveBody(trees: trees, scope: scope)
  }
}

private struct ArchiveBody: JobBody {
  let trees: [TreeDeclaration]
  let scope: JobScope

  func expand(_ inputs: [JobInput<SourceID>]) async throws -> [PlannedTask<SourceID>] {
    try await withBlockingTask { _ in
      try sources().map { source in
        let latest = try latestPoint(of: source.source)
        return PlannedTask(
          source.source, staleness: scope.age(of: latest?.begun),
          expectedDuration: latest.map { .seconds(max(0, $0.ended.seconds - $0.begun.seconds)) })
      }
    }
  }

  private func sources() throws -> [TreeSource] { try trees.flatMap { try TreeSource.expand($0) } }

  private func latestPoint(of source: SourceID) throws -> RecoveryPoint? {
    // Only for the order of tasks: a point that can't be read is reported by the archive itself.
    try scope.settings.repository.store(source).latestGoodPoint { _, _ in }
  }

  func run(_ task: PlannedTask<SourceID>, _ context: TaskContext<SourceID>) async throws -> TaskOutcome {
    try await withBlockingTask { cancellation in
      guard let source = try sources().first(where: { $0.source == task.subject }) else {
        throw EngineError(
          .sourceUnreadable, "cannot archive \(task.subject): its directory is gone since the run began")
      }
      let point = try TreeArchive(try scope.settings.request(for: source), clock: scope.clock)
        .run(progress: ArchiveProgress(), cancellation: cancellation)
      return outcome(of: point)
    }
  }

  private static let listedWarnings = 10

  private func outcome(of point: RecoveryPoint) -> TaskOutcome {
    let statistics = point.statistics
    var message =
      "\(point.id): \(statistics.entries) entries, \(ByteCount(statistics.bytes)), "
      + "stored \(ByteCount(statistics.storedBytes))"
    if !point.suspicious.isEmpty { message += "; suspicious: \(point.suspicious.joined(separator: ", "))" }
    if point.warningCount > 0 { message += "; \(point.warningCount) warnings" }
    var details = point.warnings.prefix(Self.listedWarnings).map { "\($0.path): \($0.problem)" }
    if point.warningCount > details.count {
      details.append("… \(point.warningCount - details.count) more: backupctl show \(point.source.name)@\(point.id)")
    }
    return TaskOutcome(
      point.state == .complete && point.suspicious.isEmpty ? .succeeded : .degraded, message: message,
      details: details, results: [PointResult.key: point.id.description])
  }
}

/// How a task tells later jobs which point it made or looked at.
enum PointResult {
  static let key = "point"

  /// The subjects of inputs with usable results, each once, and the point that each one's task made.
  static func subjects(of inputs: [JobInput<SourceID>]) -> [(source: SourceID, point: String?)] {
    var seen: Set<SourceID> = []
    return inputs.compactMap { input in
      seen.insert(input.subject).inserted ? (input.subject, input.results[key]) : nil
    }
  }
}
