public import BackupModel
public import BackupPolicy
import BackupRepository
import HostSystem
public import JobEngine
import VolumeSnapshots

/// The kind `drill`: restores points of the sources of other jobs to a scratch place, compares them, and has probes look at them.
///
/// Keys: `sources` (instead of `of`), `count` (how many sources; default all), `pick` (`least-recently-drilled`, the only and default order),
/// `max-bytes` (larger points are left out, and don't count), `probes` (what looks at the restored data;
/// default what the source's service declares, else ``ProbeDeclaration/defaults``),
/// `scratch-pool` (the thin pool in which images get a volume), `look-inside` (whether the file systems of images are mounted for probes).
public enum DrillJob: JobKind {
  /// `drill`.
  public static let name = "drill"
  /// `sources`, `count`, `pick`, `max-bytes`, `probes`, `scratch-pool`, `look-inside`.
  public static let keys: Set<String> = [
    "sources", "count", "pick", "max-bytes", "probes", "scratch-pool", "look-inside",
  ]

  private enum Pick: String, CaseIterable {
    case leastRecentlyDrilled = "least-recently-drilled"
  }

  /// Checks that the job has sources and its keys have values.
  public static func body(of declaration: JobDeclaration, in scope: JobScope) throws -> any JobBody<SourceID> {
    let selection = try SourceSelection(declaration)
    _ = try declaration.specification["pick"]?.word(of: Pick.self)
    return DrillBody(
      selection: selection, count: try declaration.specification["count"]?.int(in: 1...100_000) ?? .max,
      mostBytes: try declaration.specification["max-bytes"]?.byteCount(in: ByteCount(1)...ByteCount.gibibytes(1 << 20)),
      probes: try declaration.specification["probes"].map(ProbeDeclaration.list),
      pool: try declaration.specification["scratch-pool"].map(poolName),
      looksInside: try declaration.specification["look-inside"]?.bool() ?? false, scope: scope)
  }

  private static func poolName(_ node: DocumentNode) throws -> VolumeName {
    let text = try node.string()
    guard let name = VolumeName(parsing: text) else {
      throw PolicyError(
        at: node.location, "`scratch-pool` is `\(text)`, expected the name of a thin pool, GROUP/POOL",
        hint: "`lvs -S segtype=thin-pool` lists the pools")
    }
    return name
  }
}

private struct DrillBody: JobBody {
  let selection: SourceSelection
  let count: Int
  let mostBytes: ByteCount?
  /// What the job declares; nil if it leaves that to the services.
  let probes: [ProbeDeclaration]?
  let pool: VolumeName?
  let looksInside: Bool
  let scope: JobScope

  /// In the parameters of a task: how many bytes its point has, if they are too many.
  private static let tooLarge = "too-large"

  func expand(_ inputs: [JobInput<SourceID>]) async throws -> [PlannedTask<SourceID>] {
    try await withBlockingTask { _ in
      let selected = try selection.sources(of: inputs, in: scope.settings.repository)
      let points = Dictionary(selected.map { ($0.source, $0.point) }) { first, _ in first }
      var tasks: [PlannedTask<SourceID>] = []
      var chosen = 0
      for history in try DrillHistory.all(of: selected.map(\.source), in: scope.settings.repository) {
        let point = points[history.source] ?? nil
        if let bytes = try tooManyBytes(of: history.source, point) {
          tasks.append(PlannedTask(history.source, parameters: [Self.tooLarge: "\(bytes.bytes)"]))
          continue
        }
        guard chosen < count else { continue }
        chosen += 1
        tasks.append(
          PlannedTask(
            history.source, staleness: scope.age(of: history.last?.at),
            expectedDuration: history.last.map { .milliseconds(Int64($0.seconds * 1000)) },
            parameters: point.map { [PointResult.key: $0] } ?? [:]))
      }
      return tasks
    }
  }

  /// The bytes of what would be restored if they are more than may be.
  private func tooManyBytes(of source: SourceID, _ point: String?) throws -> ByteCount? {
    guard let mostBytes else { return nil }
    let store = scope.settings.repository.store(source)
    // A point that can't be read is the drill's to report.
    guard let found = try? self.point(point, store) else { return nil }
    let bytes = ByteCount(found.statistics.bytes)
    return bytes > mostBytes ? bytes : nil
  }

  func run(_ task: PlannedTask<SourceID>, _ context: TaskContext<SourceID>) async throws -> TaskOutcome {
    if let bytes = task.parameters[Self.tooLarge].flatMap(Int64.init), let mostBytes {
      return TaskOutcome(.succeeded, message: "not drilled: \(ByteCount(bytes)) are more than \(mostBytes)")
    }
    let report = try await withTaskFailures {
      let store = scope.settings.repository.store(task.subject)
      let (point, probes) = try await withBlockingWork { _ in
        (try self.point(task.parameters[PointResult.key], store), try self.probes(of: task.subject))
      }
      var drill = Drill(
        store: store, point: point, scratchDirectory: scope.scratchDirectory, tool: scope.settings.tool)
      drill.probes = probes
      drill.leasing = scope.leasing
      drill.scratchPool = try pool.map { ScratchPool($0, on: try scope.host()) }
      drill.looksInside = looksInside
      return try await drill.run(clock: scope.clock)
    }
    let findings = report.findings
    guard findings.isEmpty else {
      throw TaskFailure(
        findings.count == 1 ? findings[0] : "\(findings.count) findings, the first: \(findings[0])",
        details: findings + report.obstacles
          + ["hint: backupctl \(report.isEqual ? "drill" : "verify") \(task.subject.name)"])
    }
    return TaskOutcome(
      report.hasObstacles ? .degraded : .succeeded,
      message: "\(report.point): \(report.entries) entries, \(report.bytes) restored and equal in "
        + "\(report.restoreSeconds.rounded(toDecimals: 2)) s; the data is \(report.dataAge.policyText) old"
        + (report.probes.isEmpty ? "" : "; probes: \(report.probeText)"),
      details: report.obstacles + report.notes, results: [PointResult.key: report.point.description])
  }

  private func probes(of source: SourceID) throws -> [ProbeDeclaration] {
    if let probes { return probes }
    // Only what services declare counts, so nothing need be known of claims.
    let sources = try scope.settings.repository.sources().map { ServiceSource($0) }
    return ServiceDirectory(scope.services, sources: sources).service(of: source)?.probes ?? ProbeDeclaration.defaults
  }

  private func point(_ text: String?, _ store: SourceStore) throws -> RecoveryPoint {
    if let id = text.flatMap({ RecoveryPointID(parsing: $0) }) { return try store.point(id) }
    guard let latest = try store.latestGoodPoint(unreadable: { _, _ in }) else {
      throw RepositoryError(.noSuchPoint, "cannot drill \(store.source): it has no point")
    }
    return latest
  }
}
