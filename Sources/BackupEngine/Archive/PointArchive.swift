import BackupArchive
import BackupModel
import BackupRepository
import HostSystem

/// What every archive does around the reading of its source: lock, writer, warnings, suspicions, publication.
struct PointArchive: Sendable {
  let request: PointRequest
  /// When reading the source began.
  let begun: Timestamp
  /// Where a tree was read.
  let origin: RecoveryPoint.Origin?
  let rules: SuspicionRules
  let clock: any HostClock

  /// An error of a body that ended early but whose stored content is worth keeping, as it is after a cancellation.
  struct Unfinished: Error {
    let reason: any Error
  }

  private struct Outcome {
    var volume: RecoveryPoint.Volume?
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
    let lock = try request.store.lock(holder: request.holder)
    let writer = try PointWriter(
      store: request.store, lock: lock, begun: begun, parameters: request.parameters,
      describeCheckpoint: { id, index in describe(id, index, Outcome(volume: request.volume)) })
    let context = ArchiveContext(
      claims: writer.claims, isFirst: writer.isFirst, parameters: request.parameters,
      chunker: Chunker(average: request.parameters.chunkSize), clock: clock, progress: progress,
      pacer: request.pacer, begun: begun)
    var committer = ArchiveCommitter(writer, context)
    committer.volume = request.volume
    committer.warn(try protectFiles(lock))
    do {
      return try publish(writer, context, &committer, body)
    } catch let error as RepositoryError where error.isFull {
      throw FullDisk.error(error, after: writer, in: request.store)
    }
  }

  /// Protects what is there already; a point that isn't protected is better than none, and this is said with each.
  private func protectFiles(_ lock: SourceLock) throws -> [RecoveryPoint.Warning] {
    do {
      try request.store.protectFiles(lock)
      return []
    } catch let error as RepositoryError {
      let what = "what is stored isn't protected: \(error)"
      return [RecoveryPoint.Warning(path: ".", problem: error.hint.map { "\(what); \($0)" } ?? what)]
    }
  }

  private func publish(
    _ writer: PointWriter, _ context: ArchiveContext, _ committer: inout ArchiveCommitter,
    _ body: (PointWriter, ArchiveContext, inout ArchiveCommitter) throws -> Void
  ) throws -> RecoveryPoint {
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
    let finished = committer
    let description = { (index: IndexRoot) -> RecoveryPoint in
      var outcome = Outcome(volume: finished.volume)
      outcome.statistics = finished.statistics
      outcome.statistics.storedBytes = writer.storedBytes
      outcome.warnings = finished.warnings
      outcome.warningCount = finished.warningCount
      outcome.suspicious = rules.reasons(
        outcome.statistics, previous: writer.isFirst ? nil : writer.previous?.statistics)
      return describe(writer.id, index, outcome)
    }
    if let index = finished.unchangedIndex { return try writer.finish(withIndex: index, description) }
    return try writer.finish(description)
  }

  private func describe(_ id: RecoveryPointID, _ index: IndexRoot, _ outcome: Outcome) -> RecoveryPoint {
    RecoveryPoint(
      id: id, source: request.store.source, repository: request.store.repositoryID, begun: begun, ended: clock.now(),
      host: request.host, tool: request.tool, origin: origin, volume: outcome.volume,
      consistency: request.consistency, suspicious: outcome.suspicious, index: index,
      statistics: outcome.statistics, warnings: outcome.warnings, warningCount: outcome.warningCount)
  }
}
