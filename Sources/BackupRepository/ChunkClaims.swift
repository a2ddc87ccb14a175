public import BackupModel
import Synchronization

/// Which chunks a source's packs hold, or will hold when the point being written is complete.
///
/// Safe to use from several threads. The tables of contents are read at the first question, so an archive in which nothing
/// changed never reads them.
public final class ChunkClaims: Sendable {
  private let store: SourceStore
  private struct State {
    var known: KnownChunks?
    /// What was claimed, if what was stored before doesn't count.
    var own: KnownChunks?
    var unreadable: [(pack: PackName, error: any Error)] = []
    var distrusted: Set<ChunkID> = []
  }
  private let state = Mutex(State())
  private let damagedFrames: [PackName: FrameRanges]
  private let replacedPacks: Set<PackName>
  /// Whether something suggests that stored chunks are missing or damaged, so that unchanged entries are to be taken over only
  /// if ``holdsAll(_:)`` says so.
  public let isSuspicious: Bool

  init(store: SourceStore, suspicion: StoreSuspicion) {
    self.store = store
    damagedFrames = suspicion.damagedFrames
    replacedPacks = suspicion.replacedPacks
    isSuspicious = suspicion.isFounded
  }

  /// From now on what was stored before doesn't keep a chunk from being claimed, once.
  ///
  /// For an archive that stores all it reads anyway, so that its packs alone hold everything: were chunks in them left to the packs of
  /// an attempt that was interrupted, those would be needed for ever, beside the same content.
  public func beginAnew() { state.withLock { $0.own = KnownChunks() } }

  /// Claims a chunk for storing.
  ///
  /// - Returns: true if nobody has it: then the caller must store it, in the point being written.
  public func claim(_ id: ChunkID) throws -> Bool {
    try state.withLock { state in
      if let isNew = state.own?.insert(id) { return isNew }
      try load(&state)
      if !state.distrusted.isEmpty, state.distrusted.remove(id) != nil { return true }
      return state.known?.insert(id) ?? true
    }
  }

  /// Whether a chunk is stored or claimed.
  public func contains(_ id: ChunkID) throws -> Bool {
    try state.withLock { state in
      if state.own?.contains(id) == true { return true }
      try load(&state)
      return !state.distrusted.contains(id) && state.known?.contains(id) ?? false
    }
  }

  /// Whether every chunk of an entry is stored or claimed.
  public func holdsAll(_ extents: [Extent]) throws -> Bool {
    try extents.allSatisfy { try $0.chunk.map { try contains($0) } ?? true }
  }

  /// Makes a chunk count as unknown, because the stored one turned out to be damaged: the next claim stores it anew.
  func distrust(_ id: ChunkID) { state.withLock { _ = $0.distrusted.insert(id) } }

  /// Packs whose tables couldn't be read. Their chunks count as unknown, so what is still in the source is stored again.
  public var unreadablePacks: [(pack: PackName, error: any Error)] { state.withLock { $0.unreadable } }

  private func load(_ state: inout State) throws {
    guard state.known == nil else { return }
    var known = KnownChunks()
    for name in try store.packNames() {
      do {
        let reader = try store.openPack(name)
        let damaged = damagedFrames[name]
        // A chunk in a damaged frame counts as unknown, so that it is stored anew from the source.
        try reader.forEachChunk { chunk in
          if damaged?.contains(Int(chunk.frame)) != true { _ = known.insert(chunk.id) }
        }
      } catch {
        if !replacedPacks.contains(name) { state.unreadable.append((name, error)) }
      }
    }
    state.known = known
  }
}
