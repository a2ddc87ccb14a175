import BackupCatalog
import BackupModel
import HostSystem

/// Removes what dead processes left behind, as far as a lease proves that it was ours.
///
/// Doing it twice does no more than doing it once.
struct LeaseReclaim {
  let book: LeaseBook

  /// Removes what the leases of dead processes are on, the latest first.
  ///
  /// - Returns: a line for each thing that was removed, and for each that couldn't be.
  /// - Throws: `CatalogError`.
  func run() throws -> [String] {
    try book.abandoned(isAlive: \.isAlive).map { lease in
      let thing = "\(lease.claim.kind) \(lease.claim.subject)"
      do {
        try remove(lease.claim)
        try book.release(lease)
        return "removed \(thing), left by process \(lease.claim.process.pid)"
      } catch let error as any Failure where !(error is CatalogError) {
        return "cannot remove \(thing), left by process \(lease.claim.process.pid): \(error.message)"
      }
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
