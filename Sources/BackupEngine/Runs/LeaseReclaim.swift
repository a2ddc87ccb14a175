import BackupCatalog
import BackupModel
import HostSystem
import VolumeSnapshots

/// Removes what dead processes left behind, as far as a lease proves that it was ours.
///
/// Doing it twice does no more than doing it once.
struct LeaseReclaim {
  let book: LeaseBook
  /// Removes what is left of volumes; nil if this process has no means to.
  var volumes: VolumeLeftovers?

  /// Removes what the leases of dead processes are on, the latest first.
  ///
  /// - Returns: a line for each thing that was removed, and for each that couldn't be.
  /// - Throws: `CatalogError`; `CancellationError`.
  func run() async throws -> [String] {
    var lines: [String] = []
    for lease in try book.abandoned(isAlive: \.isAlive) { lines.append(try await reclaim(lease)) }
    return lines
  }

  private func reclaim(_ lease: Lease) async throws -> String {
    let thing = "\(lease.claim.kind) \(lease.claim.subject)"
    let holder = "process \(lease.claim.process.pid)"
    do {
      var outcome = VolumeLeftovers.Outcome.removed
      if let volumes, let left = VolumeThing(lease.claim) {
        outcome = try await volumes.remove(left, noted: lease.claim.details)
      } else {
        try remove(lease.claim)
      }
      try book.release(lease)
      switch outcome {
      case .removed: return "removed \(thing), left by \(holder)"
      case .absent: return "\(thing), noted by \(holder), was gone already"
      case .notOurs: return "left \(thing) alone: it is not the one that \(holder) made"
      }
    } catch let error as any Failure where !(error is CatalogError) {
      let more = [error.cause, error.hint.map { "hint: \($0)" }].compactMap(\.self).map { "; \($0)" }.joined()
      return "cannot remove \(thing), left by \(holder): \(error.message)\(more)"
    }
  }

  private func remove(_ claim: LeaseClaim) throws {
    switch claim.kind {
    case .scratch, .fifo: try removeDirectory(PathBytes(path: claim.subject))
    default:
      throw EngineError(
        .refused, "this version makes nothing of the kind \(claim.kind)",
        hint: "remove it by hand, or run the version that made it")
    }
  }

  private func removeDirectory(_ path: PathBytes) throws(SystemError) {
    guard let slash = path.lastIndex(of: 0x2F) else { return }
    do throws(SystemError) {
      let parent = try OpenFile.open(slash == 0 ? [0x2F] : Array(path[..<slash]), .directoryFollowing)
      let name = Array(path[(slash + 1)...])
      let directory = try parent.open(name, .directory)
      guard try directory.tryLock(exclusive: true) else {
        throw SystemError(call: "flock", errno: 16, path: path.displayedPath)
      }
      try directory.removeContents()
      try parent.removeDirectory(name)
    } catch {
      guard error.isMissing else { throw error }
    }
  }
}
