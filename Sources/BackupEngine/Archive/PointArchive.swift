import BackupArchive
import BackupModel
import BackupRepository
import HostSystem

/// What every archive does around the reading of its source: lock, writer, warnings, suspicions, publication.
struct PointArchive: Sendable {
  let store: SourceStore
  let parameters: WriterParameters
  let host: String
  let tool: String
  let holder: String
  /// When reading the source began.
  let begun: Timestamp
  /// Where a tree was read.
  let origin: RecoveryPoint.Origin?
  let rules: SuspicionRules
  let clock: any HostClock
  /// What keeps reading and writing within limits.
  let pacer: Pacer?

  /// An error of a body that ended early but whose stored content is worth keeping, as it is after a cancellation.
  struct Unfinished: Error {
    let reason: any Error
  }

  private struct Outcome {
    var statistics = RecoveryPoint.Statistics()
    var warnings: [RecoveryPoint.Warning] = []
    var warningCount = 0
    var suspicious: [String] = []
  }

  /// Locks the source, has `body` read it, and publishes the point.
  ///
  /// - Parameter body: reads the source and commits all of it.
  /// - Throws: what `body` throws, the reason of an ``Unfinished`` in its place; `RepositoryError`. The point is absent then.
  func run(
    progress: ArchiveProgress,
    _ body: (PointWriter, ArchiveContext, inout ArchiveCommitter) throws -> Void
  ) throws -> RecoveryPoint {
    let lock = try store.lock(holder: holder)
    let writer = try PointWriter(
      store: store, lock: lock, begun: begun, parameters: parameters,
      describeCheckpoint: { id, index in describe(id, index, Outcome()) })
    let context = ArchiveContext(
      claims: writer.claims, isFirst: writer.isFirst, parameters: parameters,
      chunker: Chunker(average: parameters.chunkSize), clock: clock, progress: progress, pacer: pacer,
      begun: begun)
    var committer = ArchiveCommitter(writer, context)
    committer.warn(
      writer.unreadablePoints.map { unreadable in
        RecoveryPoint.Warning(
          path: ".", problem: "the point \(unreadable.id) can't be read and was passed over: \(unreadable.error)")
      })
    do {
      try body(writer, context, &committer)
    } catch is CancellationError {
      // What is whole so far is worth keeping: a first archive goes on from it.
      try writer.seal()
      throw CancellationError()
    } catch let unfinished as Unfinished {
      try writer.seal()
      throw unfinished.reason
    }
    committer.warn(
      writer.claims.unreadablePacks.map { unreadable in
        RecoveryPoint.Warning(
          path: ".",
          problem: "pack \(unreadable.pack) can't be read, so its content is stored again: \(unreadable.error)")
      })
    return try writer.finish { index in
      var outcome = Outcome()
      outcome.statistics = committer.statistics
      outcome.statistics.storedBytes = writer.storedBytes
      outcome.warnings = committer.warnings
      outcome.warningCount = committer.warningCount
      outcome.suspicious = rules.reasons(
        outcome.statistics, previous: writer.isFirst ? nil : writer.previous?.statistics)
      return describe(writer.id, index, outcome)
    }
  }

  private func describe(_ id: RecoveryPointID, _ index: IndexRoot, _ outcome: Outcome) -> RecoveryPoint {
    RecoveryPoint(
      id: id, source: store.source, repository: store.repositoryID, begun: begun, ended: clock.now(), host: host,
      tool: tool, origin: origin, consistency: .live, suspicious: outcome.suspicious, index: index,
      statistics: outcome.statistics, warnings: outcome.warnings, warningCount: outcome.warningCount)
  }
}
