import BackupModel
import BackupRepository
import HostSystem

/// A tree as one part of a restore in place.
struct TreePart: PartWork {
  let restore: RestoreID
  let part: RestoreRecord.Part
  /// Opens the store of the source; called only to fill.
  let store: @Sendable () throws -> SourceStore
  let clock: any HostClock
  let threads: Int
  let moment: @Sendable (InPlaceRestore.Moment) throws -> Void

  private var exchange: PlaceExchange { PlaceExchange(part: part) }

  func fill(_ progress: RestoreProgress) async throws -> RestoreRecord.Part {
    try await withBlockingWork { cancellation in
      try moment(.beforePlace)
      do throws(SystemError) {
        try exchange.make()
      } catch {
        throw HopelessRestore(cause: InPlaceRestore.cannotMakePlace(part, error))
      }
      try moment(.afterPlace)
      let filling = TreeFilling(
        store: try store(), part: part, target: exchange.tree, clock: clock, threads: threads, moment: moment)
      try filling.run(progress, cancellation)
      try moment(.afterComparison)
      var filled = part
      filled.exchanges = try exchange.findExchanges()
      return filled
    }
  }

  func sides() async throws -> [RestoreExchange.Side] {
    try await withBlockingWork { _ in try part.exchanges.map { try exchange.side(of: $0) } }
  }

  func exchange(_ item: Int, back: Bool) async throws {
    try await withBlockingWork { _ in try exchange.exchange(part.exchanges[item], back: back) }
  }

  func remove() async throws {
    try await withBlockingWork { _ in
      try requireNoMount()
      try exchange.remove()
    }
  }

  private func requireNoMount() throws {
    let place = part.place.bytes
    guard let mount = try MountTable.current().mounts.first(where: { isPath($0.mountPoint, atOrBelow: place) }) else {
      return
    }
    throw EngineError(
      .refused, "cannot remove \(place.displayedPath): \(mount.mountPoint.displayedPath) is mounted in it",
      hint: "unmount it, `umount \(mount.mountPoint.displayedPath)`, then `backupctl restore --resume \(restore)`")
  }
}
