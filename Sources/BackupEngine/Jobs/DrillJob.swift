public import BackupModel
public import BackupPolicy
import BackupRepository
import HostSystem
public import JobEngine

/// The kind `drill`: restores points of the sources of other jobs to a scratch place and compares them.
///
/// Keys: `sources` (instead of `of`), `count` (how many sources; default all), `pick` (`least-recently-drilled`, the only and default order).
public enum DrillJob: JobKind {
  /// `drill`.
  public static let name = "drill"
  /// `sources`, `count`, `pick`.
  public static let keys: Set<String> = ["sources", "count", "pick"]

  private enum Pick: String, CaseIterable {
    case leastRecentlyDrilled = "least-recently-drilled"
  }

  /// Checks that the job has sources and its keys have values.
  public static func body(of declaration: JobDeclaration, in scope: JobScope) throws -> any JobBody<SourceID> {
    let selection = try SourceSelection(declaration)
    _ = try declaration.specification["pick"]?.word(of: Pick.self)
    return DrillBody(
      selection: selection, count: try declaration.specification["count"]?.int(in: 1...100_000) ?? .max, scope: scope)
  }
}

private struct DrillBody: JobBody {
  let selection: SourceSelection
  let count: Int
  let scope: JobScope

  func expand(_ inputs: [JobInput<SourceID>]) async throws -> [PlannedTask<SourceID>] {
    try await withBlockingTask { _ in
      let candidates = try selection.sources(of: inputs, in: scope.settings.repository).map { input in
        (input, last: try lastDrill(of: input.source))
      }
      let order = candidates.enumerated().sorted { left, right in
        let (first, second) = (left.element.last, right.element.last)
        if first == second { return left.offset < right.offset }
        guard let first, let second else { return first == nil }
        return first < second
      }
      return order.prefix(count).map { _, candidate in
        PlannedTask(
          candidate.0.source, staleness: scope.age(of: candidate.last),
          parameters: candidate.0.point.map { [PointResult.key: $0] } ?? [:])
      }
    }
  }

  private func lastDrill(of source: SourceID) throws -> Timestamp? {
    try scope.settings.repository.store(source).attestations.read().attestations
      .last { $0.action == .drill }?.at
  }

  func run(_ task: PlannedTask<SourceID>, _ context: TaskContext<SourceID>) async throws -> TaskOutcome {
    let report = try await withBlockingTask { cancellation in
      let store = scope.settings.repository.store(task.subject)
      let drill = TreeDrill(
        store: store, point: try point(task, store), scratchDirectory: scope.scratchDirectory,
        tool: scope.settings.tool, leasing: scope.leasing)
      return try drill.run(clock: scope.clock, cancellation: cancellation)
    }
    guard report.isEqual else {
      throw TaskFailure(
        "the restored tree differs from the point \(report.point)",
        details: report.differences + ["hint: backupctl verify \(task.subject.name)"])
    }
    return TaskOutcome(
      .succeeded,
      message: "\(report.point): \(report.entries) entries, \(report.bytes) restored and equal in "
        + "\(report.restoreSeconds.rounded(toDecimals: 2)) s; the data is \(report.dataAge.policyText) old",
      results: [PointResult.key: report.point.description])
  }

  private func point(_ task: PlannedTask<SourceID>, _ store: SourceStore) throws -> RecoveryPoint {
    if let id = task.parameters[PointResult.key].flatMap({ RecoveryPointID(parsing: $0) }) {
      return try store.point(id)
    }
    guard let latest = try store.latestGoodPoint(unreadable: { _, _ in }) else {
      throw RepositoryError(.noSuchPoint, "cannot drill \(task.subject): it has no point")
    }
    return latest
  }
}

extension Double {
  /// The number with at most some decimals, for messages.
  fileprivate func rounded(toDecimals decimals: Int) -> Double {
    let scale = (0..<decimals).reduce(1.0) { product, _ in product * 10 }
    return (self * scale).rounded() / scale
  }
}
