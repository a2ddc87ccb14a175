import BackupModel
public import BackupPolicy
public import BackupRepository
public import HostSystem

/// Rehearses a restore: restores a point to a scratch place, compares it with the index, has probes look at it, and attests the result.
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
  /// The thin pool in which the image of a volume gets a volume of its own; nil to restore it to a file in the scratch directory.
  public var scratchPool: ScratchPool?
  /// Whether the file system of an image is mounted for the probes.
  public var looksInside = false

  /// Prepares a drill of a point.
  public init(store: SourceStore, point: RecoveryPoint, scratchDirectory: PathBytes, tool: String) {
    self.store = store
    self.point = point
    self.scratchDirectory = scratchDirectory
    self.tool = tool
  }

  /// Drills, and removes the scratch directory and the scratch volume whatever comes of it.
  ///
  /// Damage is no error: it is in the report, and attested.
  /// - Throws: ``EngineError`` `targetUnusable` if the scratch place has no room or is in use; `VolumeError` if the pool has none, or what
  ///   was made in it stays; `RepositoryError` other than `damaged`; `CatalogError`; `CancellationError`.
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
    let pool = point.volume?.mode == .image ? scratchPool : nil
    let scratch = try ScratchDirectory(
      in: scratchDirectory, name: scratchName, needed: pool == nil ? ByteCount(point.statistics.bytes) : .zero)
    defer { scratch.remove() }
    var report = DrillReport(point)
    report.dataAge = .seconds(max(0, clock.now().seconds - point.begun.seconds))
    let restore = ScratchRestore(store: store, point: point, scratch: scratch.path, clock: clock)
    if let pool {
      report = try await rehearse(restore, in: pool, report)
    } else {
      report = try await rehearse(restore, report)
    }
    var attestation = Attestation(
      at: clock.now(), action: .drill, result: report.result, tool: tool,
      seconds: (clock.elapsed() - begun).inSeconds)
    attestation.point = point.id
    attestation.restoreSeconds = report.restoreSeconds
    attestation.ageSeconds = report.dataAge.components.seconds
    attestation.bytes = report.bytes.bytes
    attestation.probes = report.attested
    attestation.damage = Array(report.findings.prefix(DrillReport.mostDifferences))
    attestation.obstacles = Array(report.obstacles.prefix(DrillReport.mostDifferences))
    try store.attestations.append(attestation)
    return report
  }

  private func rehearse(
    _ restore: ScratchRestore, in pool: ScratchPool, _ blank: DrillReport
  ) async throws -> DrillReport {
    do {
      return try await ScratchVolume(pool: pool, point: point, restore: restore.imageRestore).with {
        device, isKnownEmpty in
        var restore = restore
        restore.device = (device, isKnownEmpty)
        return try await rehearse(restore, blank)
      }
    } catch let error as RepositoryError where error.code == .damaged {
      var report = blank
      restore.note(error, in: &report)
      return report
    }
  }

  /// Restores, compares, and has the probes look, even if not all of it is as the point has it.
  private func rehearse(_ restore: ScratchRestore, _ blank: DrillReport) async throws -> DrillReport {
    var report = try await withBlockingWork { cancellation in
      try restore.run(into: blank, cancellation: cancellation)
    }
    guard report.isEqual || report.entries > 0 else { return report }
    let looking = DrillProbing(
      restore: restore, probes: probes, looksInside: looksInside,
      history: PointHistory(store: store, point: point))
    try await looking.run(into: &report)
    return report
  }

  /// One name for each source of each repository, and a short one: the path of a socket below it has room for 107 bytes.
  private var scratchName: String {
    let digits = ChunkID(of: Array("\(store.repositoryID) \(store.source)".utf8)).description
    return "backupctl-drill-\(digits.prefix(16))"
  }
}
