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
      filled.root?.new = try RootMetadata(of: try OpenFile.open(exchange.tree, .directory))
      return filled
    }
  }

  func sides() async throws -> [RestoreExchange.Side] {
    try await withBlockingWork { _ in
      try requireBoth()
      return try part.exchanges.map { try exchange.side(of: $0) }
    }
  }

  func exchange(_ item: Int, back: Bool) async throws {
    try await withBlockingWork { _ in try exchange.exchange(part.exchanges[item], back: back) }
  }

  func remove() async throws {
    try await withBlockingWork { _ in
      try requireNoMount()
      if let root = part.root, try !exchange.exists(), try !exchange.isThere(root) { throw notThere() }
      try exchange.remove()
    }
  }

  // MARK: - A root that stays

  /// The part as it must be noted before its names begin to change places, on the way of its state.
  func beginning(_ root: StayingRoot) async throws -> RestoreRecord.Part {
    try await withBlockingWork { _ in
      try requireBoth()
      var begun = part
      let now = try RootMetadata(of: try OpenFile.open(part.live.bytes, .directory))
      switch part.state {
      case .filled:
        begun.exchanges = try exchange.findNames(root)
        // Making the place in it changed its time.
        begun.root?.old = now
        begun.root?.old.setTime(of: root.old)
      case .exchanged:
        let adopted = try exchange.adopting()
        begun.exchanges = try adopted + exchange.strays(root, besides: adopted)
        begun.root?.new = now
      default: break
      }
      return begun
    }
  }

  /// The exchanges after a look at what is live by now; nil if that changes none of them.
  func adopting() async throws -> [RestoreExchange]? {
    try await withBlockingWork { _ in
      let adopted = try exchange.adopting()
      return adopted == part.exchanges ? nil : adopted
    }
  }

  /// Lets all names that are on one side still change places, one after the other, whoever wishes to stop meanwhile: nobody is to
  /// meet a mixture for longer than needed. Ends before a name under which neither of the two is found.
  func exchangeNames(back: Bool) async throws {
    try await withBlockingWork { _ in
      for item in back ? part.exchanges.reversed() : part.exchanges {
        let side = try exchange.side(of: item)
        if side == .unknown { return }
        guard side == (back ? .new : .old) else { continue }
        try moment(.beforeExchange)
        try exchange.exchange(item, back: back)
        try moment(.afterExchange)
      }
    }
  }

  /// Gives the directory its metadata, once all names have changed places.
  ///
  /// - Returns: names that appeared in it meanwhile; they are of neither state.
  func settle(_ root: StayingRoot, back: Bool) async throws -> [PathBytes] {
    try await withBlockingWork { _ in
      try requireBoth()
      try moment(.beforeRoot)
      try exchange.settle(root, back: back)
      try moment(.afterRoot)
      return try exchange.strays(root, besides: part.exchanges).map(\.path.bytes)
    }
  }

  private func requireBoth() throws {
    if let root = part.root, try !exchange.hasBoth(root) { throw notThere() }
  }

  private func notThere() -> EngineError {
    let live = part.live.bytes.displayedPath
    return EngineError(
      .refused,
      "cannot work on the restore \(restore): \(live) is another directory than before, or \(part.place.bytes.displayedPath) is gone",
      hint:
        "mount the file system that belongs there, `findmnt --target \(live)`, then `backupctl restore --resume \(restore)`"
    )
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
