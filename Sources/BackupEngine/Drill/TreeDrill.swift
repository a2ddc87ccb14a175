import BackupModel
import BackupRepository
import HostSystem

/// Rehearses a restore: restores a point to a scratch directory, compares it with the index, and attests the result.
///
/// The scratch directory is named after repository and source and locked while it is used, so what a killed drill left is
/// removed by the next one, and two drills of one source can't meet.
struct TreeDrill: Sendable {
  /// What a drill found.
  struct Report: Sendable {
    var point: RecoveryPointID
    /// Entries restored.
    var entries = 0
    /// Bytes restored.
    var bytes = ByteCount.zero
    /// How long the restore took: the recovery time that can be expected.
    var restoreSeconds = 0.0
    /// How old the point is: what would be lost if the source were gone now.
    var dataAge = Duration.zero
    /// What differs or could not be restored, at most 100 items.
    var differences: [String] = []
    /// Whether everything was restored as the point says.
    var isEqual = false
  }

  private static let mostDifferences = 100
  let store: SourceStore
  let point: RecoveryPoint
  let scratchDirectory: PathBytes
  let tool: String
  /// Takes the lease on the scratch directory; nil outside of runs that keep a journal.
  var leasing: Leasing?

  /// Drills, and removes the scratch directory whatever comes of it.
  ///
  /// - Throws: ``EngineError`` `targetUnusable` if the scratch place has no room or is in use; what restoring throws.
  func run(clock: any HostClock, cancellation: Cancellation) throws -> Report {
    guard let leasing else { return try drill(clock, cancellation) }
    return try leasing.withScratch(scratchDirectory + [0x2F] + Array(scratchName.utf8)) {
      try drill(clock, cancellation)
    }
  }

  private func drill(_ clock: any HostClock, _ cancellation: Cancellation) throws -> Report {
    let scratch = try ScratchDirectory(
      in: scratchDirectory, name: scratchName, needed: ByteCount(point.statistics.bytes))
    defer { scratch.remove() }
    var request = TreeRestore.Request(store: store, point: point, target: scratch.path + Array("/tree".utf8))
    request.verify = true
    let begun = clock.elapsed()
    let restored = try TreeRestore(request, clock: clock).run(progress: RestoreProgress(), cancellation: cancellation)
    var report = Report(point: point.id)
    report.entries = restored.entries
    report.bytes = ByteCount(restored.bytes)
    report.restoreSeconds = restored.seconds - (restored.comparison?.seconds ?? 0)
    report.dataAge = .seconds(max(0, clock.now().seconds - point.begun.seconds))
    report.isEqual = restored.isComplete
    report.differences =
      (restored.failures.map { "\($0.path.displayedPath): \($0.reason)" }
      + (restored.comparison?.differences.map(\.description) ?? [])).prefix(Self.mostDifferences).map { $0 }
    var attestation = Attestation(
      at: clock.now(), action: .drill, result: report.isEqual ? .ok : .damaged, tool: tool,
      seconds: (clock.elapsed() - begun).inSeconds)
    attestation.point = point.id
    attestation.damage = report.differences
    try store.attestations.append(attestation)
    return report
  }

  private var scratchName: String {
    "backupctl-drill-\(store.repositoryID.prefix(8))-" + SourceID.escaping(Array(store.source.description.utf8))
  }
}
