import BackupModel

/// Which chunks can be had from the packs of a source, given what is known to be damaged.
///
/// Takes at most 24 bytes for each chunk that can be had, and more for each that can't.
struct StoredChunks {
  private var known = KnownChunks()
  private var lost: [ChunkID: Int] = [:]

  /// How many different chunks can be had.
  var count: Int { known.count }

  /// Adds the chunks of a pack whose table of contents is whole.
  ///
  /// - Parameter damage: the number of the damage that a frame suffered, or nil if it is whole.
  mutating func add(_ id: ChunkID, damage: Int?) {
    if let damage {
      lost[id] = damage
    } else {
      _ = known.insert(id)
    }
  }

  /// Why a chunk can't be had.
  enum Fate: Hashable {
    /// It can.
    case stored
    /// Only damaged frames hold it.
    case lost(damage: Int)
    /// No table of contents that can be read lists it.
    case missing
  }

  /// What became of a chunk.
  func fate(of id: ChunkID) -> Fate {
    if known.contains(id) { return .stored }
    return lost[id].map { .lost(damage: $0) } ?? .missing
  }
}
