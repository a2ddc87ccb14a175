import BackupModel
public import BackupPolicy
public import BackupRepository
public import HostSystem

/// Rehearses a restore: restores a point to a scratch directory, compares it with the index, has probes look at it, and attests the result.
///
/// The scratch directory is named after repository and source and locked while it is used, so what a killed drill left is
/// removed by the next one, and two drills of one source can't meet.
public struct Drill: Sendable {
  /// Where the point is.
  public var store: SourceStore
  /// The point.
  public var point: RecoveryPoint
  /// The directory in which the scratch directory is made.
  public var scratchDirectory: PathBytes
  /// Name and version of the program.
  public var tool: String
  /// What looks at what was restored.
  public var probes = ProbeDeclaration.defaults
  /// Takes the lease on the scratch directory; nil if nobody would reclaim it.
  public var leasing: Leasing?

  /// Prepares a drill of a point.
  public init(store: SourceStore, point: RecoveryPoint, scratchDirectory: PathBytes, tool: String) {
    self.store = store
    self.point = point
    self.scratchDirectory = scratchDirectory
    self.tool = tool
  }

  /// Drills, and removes the scratch directory whatever comes of it.
  ///
  /// Damage is no error: it is in the report, and attested.
  /// - Throws: ``EngineError`` `targetUnusable` if the scratch place has no room or is in use; `RepositoryError` other than `damaged`;
  ///   `CatalogError`; `CancellationError`.
  public func run(clock: any HostClock) async throws -> DrillReport {
    let path = scratchDirectory + [0x2F] + Array(scratchName.utf8)
    let lease = try leasing?.claimScratch(path)
    let result: Result<DrillReport, any Error>
    do {
      result = .success(try await drill(clock))
    } catch {
      result = .failure(error)
    }
    if let lease { try leasing?.release(lease, ifGone: path) }
    return try result.get()
  }

  private func drill(_ clock: any HostClock) async throws -> DrillReport {
    let begun = clock.elapsed()
    let scratch = try ScratchDirectory(
      in: scratchDirectory, name: scratchName, needed: ByteCount(point.statistics.bytes))
    defer { scratch.remove() }
    var report = DrillReport(point)
    report.dataAge = .seconds(max(0, clock.now().seconds - point.begun.seconds))
    let restore = ScratchRestore(store: store, point: point, scratch: scratch.path, clock: clock)
    let blank = report
    report = try await withBlockingWork { cancellation in try restore.run(into: blank, cancellation: cancellation) }
    if report.isEqual || report.entries > 0 { try await probe(restore, scratch, clock, &report) }
    var attestation = Attestation(
      at: clock.now(), action: .drill, result: report.hasFindings ? .damaged : .ok, tool: tool,
      seconds: (clock.elapsed() - begun).inSeconds)
    attestation.point = point.id
    attestation.restoreSeconds = report.restoreSeconds
    attestation.ageSeconds = report.dataAge.components.seconds
    attestation.bytes = report.bytes.bytes
    attestation.probes = report.attested
    attestation.damage = Array(report.findings.prefix(DrillReport.mostDifferences))
    try store.attestations.append(attestation)
    return report
  }

  /// Has the probes look at what was restored, even if not all of it is as the point has it.
  private func probe(
    _ restore: ScratchRestore, _ scratch: ScratchDirectory, _ clock: any HostClock, _ report: inout DrillReport
  ) async throws {
    let declared = probes.filter { declaration in
      if case .fileSystem = declaration.test { return restore.isImage }
      if case .command = declaration.test { return true }
      return !restore.isImage
    }
    guard !declared.isEmpty else { return }
    let isStream = point.source.kind == .stream
    let recognized =
      restore.isImage
      ? RecognizedFiles()
      : try await withBlockingWork { cancellation in
        try RecognizedFiles.find(in: restore.tree, isStream: isStream, cancellation: cancellation)
      }
    report.unread = recognized.problems
    let isolation = try await Isolation.find()
    let data = RestoredData(
      directory: restore.isImage ? scratch.path : restore.tree, workspace: scratch.path,
      image: restore.isImage ? restore.image : nil, recognized: recognized,
      history: PointHistory(store: store, point: point), isolation: isolation)
    for declaration in declared {
      let begun = clock.elapsed()
      var found = try await declaration.probe.run(on: data)
      found.name = declaration.name
      found.seconds = (clock.elapsed() - begun).inSeconds
      report.notes += found.notes
      report.probes.append(found)
    }
    if let shortfall = isolation.shortfall, report.probes.contains(where: { $0.items > 0 }) {
      report.notes.append(shortfall)
    }
  }

  /// One name for each source of each repository, and a short one: the path of a socket below it has room for 107 bytes.
  private var scratchName: String {
    let digits = ChunkID(of: Array("\(store.repositoryID) \(store.source)".utf8)).description
    return "backupctl-drill-\(digits.prefix(16))"
  }
}
