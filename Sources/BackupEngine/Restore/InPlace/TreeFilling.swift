import BackupModel
import BackupRepository
import HostSystem

/// Makes the tree of one part of a restore in place, beside the live one, and compares it with the point.
struct TreeFilling {
  let store: SourceStore
  let part: RestoreRecord.Part
  let target: PathBytes
  let clock: any HostClock
  let threads: Int
  var moment: @Sendable (InPlaceRestore.Moment) throws -> Void = { _ in }

  /// Restores, or goes on with what is there.
  ///
  /// - Throws: ``HopelessRestore`` if the tree can't become what the point says; what restoring throws.
  func run(_ progress: RestoreProgress, _ cancellation: Cancellation) throws {
    let point: RecoveryPoint
    do {
      guard let id = part.point else {
        throw HopelessRestore(cause: hopeless("the journal names no point", .restoreFailed))
      }
      point = try store.point(id)
    } catch let error as RepositoryError {
      throw HopelessRestore(
        cause: hopeless(error.message, error.code == .damaged ? .damaged : .restoreFailed, error.cause))
    }
    var request = TreeRestore.Request(store: store, point: point, target: target)
    request.paths = part.paths.map(\.bytes)
    // What is there is ours: of a restore that was killed, or that had just ended.
    request.overwrite = true
    request.threads = threads
    try moment(.beforeTree)
    let report: RestoreReport
    do {
      report = try TreeRestore(request, clock: clock).run(progress: progress, cancellation: cancellation)
    } catch let error as RepositoryError where error.code == .damaged {
      throw HopelessRestore(cause: hopeless(error.message, .damaged, error.cause))
    }
    try moment(.afterTree)
    if let first = report.failures.first(where: { $0.isDamage == (report.damageCount > 0) }) {
      throw HopelessRestore(
        cause: hopeless(
          "\(report.failureCount) of \(report.entries) entries can't be restored, the first \(first.path.displayedPath): "
            + first.reason, report.damageCount > 0 ? .damaged : .restoreFailed))
    }
    if report.notPermitted > 0 {
      throw HopelessRestore(
        cause: hopeless(
          "owners or attributes of \(report.notPermitted) entries need root", .restoreFailed, rootIsMissing: true))
    }
    var comparison = TreeComparison.Request(store: store, point: point, directory: target)
    comparison.paths = request.paths
    comparison.threads = threads
    let compared = try TreeComparison(comparison, clock: clock).run(
      progress: RestoreProgress(), cancellation: cancellation
    ) { _ in }
    if let first = compared.differences.first {
      throw HopelessRestore(
        cause: hopeless(
          "what was restored differs from the point in \(compared.differenceCount) places, the first \(first)",
          .restoreFailed))
    }
  }

  private func hopeless(
    _ why: String, _ code: EngineError.Code, _ cause: String? = nil, rootIsMissing: Bool = false
  ) -> EngineError {
    let name = store.source.name
    return EngineError(
      code, "cannot restore \(store.source)\(part.point.map { "@\($0)" } ?? "") in place: \(why)", cause: cause,
      hint: rootIsMissing
        ? "nothing was replaced; run it as root"
        : "nothing was replaced; take another point with --at (`backupctl points \(name)`), or what can be had of this one "
          + "with --to DIR; `backupctl verify \(name)` names all damage")
  }
}
