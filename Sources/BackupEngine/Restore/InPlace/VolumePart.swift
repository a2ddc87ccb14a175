import BackupModel
import BackupRepository
import HostSystem
import VolumeSnapshots

/// A volume as one part of a restore in place.
///
/// It is made under a name of its own while the live one is in use. Marks and UUIDs tell what of it is there already.
struct VolumePart: PartWork {
  let restore: RestoreID
  let begun: Timestamp
  let part: RestoreRecord.Part
  let volume: RestoreRecord.Volume
  /// Whether what was live before is wanted.
  let back: Bool
  /// Opens the store of the source; called only to fill.
  let store: @Sendable () throws -> SourceStore
  let host: VolumeHost
  let moment: @Sendable (InPlaceRestore.Moment) throws -> Void

  private var swap: VolumeSwap { volume.swap }
  private var marks: SnapshotTags { .kept(byRestore: restore.description, created: begun) }

  private var exchange: VolumeExchange {
    VolumeExchange(swap, marks: marks, tools: host.tools, sleep: host.sleep)
  }

  func fill(_ progress: RestoreProgress) async throws -> RestoreRecord.Part {
    try moment(.beforePlace)
    let inventory = try await host.inventory()
    guard inventory.volumeIfAny(swap.live)?.uuid == swap.old else {
      throw hopeless(
        .refused, "\(swap.live) isn't the volume any more that it was when this restore was begun",
        "nothing was changed")
    }
    if try await !isComplete(in: inventory) {
      try moment(.beforeTree)
      try await make(progress)
      try moment(.afterTree)
    }
    guard let made = try await InventoryReader(tools: host.tools).volume(swap.beside) else {
      throw hopeless(.restoreFailed, "the volume \(swap.beside) is gone again", "look at it with `lvs`, then try again")
    }
    try moment(.afterComparison)
    var filled = part
    filled.volume?.swap.new = made.uuid
    return filled
  }

  /// Whether an earlier attempt made it whole; what one left in part is removed.
  private func isComplete(in inventory: VolumeInventory) async throws -> Bool {
    guard inventory.takenNames.contains(swap.beside) else { return false }
    let tags = inventory.volumeIfAny(swap.beside).flatMap { SnapshotTags($0.tags) }
    if tags?.isThrowaway == true {
      try await ThrowawaySnapshot(tools: host.tools, sleep: host.sleep).remove(swap.beside)
      return false
    }
    guard tags?.restore == marks.restore else {
      throw hopeless(
        .refused, "there is a volume \(swap.beside) that isn't of this restore",
        "nothing was changed; run `lvs -o +lv_tags \(swap.beside)`")
    }
    return true
  }

  private func make(_ progress: RestoreProgress) async throws {
    switch volume.making {
    case .snapshot(let snapshot, let uuid):
      do {
        try await VolumeClone(tools: host.tools).make(swap.beside, of: snapshot, uuid: uuid, tags: marks)
      } catch let error as VolumeError where error.code == .notFound {
        throw hopeless(.restoreFailed, error.message, error.hint ?? "nothing was changed")
      }
    case .archive, .difference:
      let store = try store()
      do {
        guard let id = part.point else { throw EngineError(.restoreFailed, "the journal names no point") }
        var request = ImageRestore.Request(store: store, point: try store.point(id))
        request.verify = true
        _ = try await VolumeRestore(request, on: host).run(
          to: swap.beside, in: volume.pool,
          similar: volume.making == .difference ? swap.old.map { (swap.live, $0) } : nil, marks: marks,
          progress: progress)
      } catch let error as RepositoryError {
        throw hopeless(
          error.code == .damaged ? .damaged : .restoreFailed, error.message,
          "nothing was replaced; take another point with --at (`backupctl points \(part.source.name)`)", error.cause)
      }
    }
  }

  func sides() async throws -> [RestoreExchange.Side] {
    switch try await exchange.side() {
    case .old: [.old]
    case .new: [.new]
    // Cut off in its midst, it is still to be done.
    case .between: [back ? .new : .old]
    case .unknown: [.unknown]
    }
  }

  func exchange(_ item: Int, back: Bool) async throws { try await exchange.exchange(back: back) }

  func remove() async throws {
    // What a killed attempt made in part has other marks.
    _ = try await LeftoverRemoval(tools: host.tools, sleep: host.sleep).remove(.snapshot(swap.beside))
    try await exchange.remove()
  }

  private func hopeless(
    _ code: EngineError.Code, _ why: String, _ hint: String, _ cause: String? = nil
  ) -> HopelessRestore {
    HopelessRestore(
      cause: EngineError(code, "cannot restore \(part.source) in place: \(why)", cause: cause, hint: hint))
  }
}
