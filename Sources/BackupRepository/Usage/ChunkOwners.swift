import BackupModel

/// Which points need each chunk, in at most 30 bytes a chunk.
struct ChunkOwners {
  /// Marks a chunk of which a copy was counted.
  private static let counted: UInt32 = 1 << 31

  private var keys: [KnownChunks.Key]
  private var values: [UInt32]
  /// How many chunks some point needs.
  private(set) var count = 0
  /// How many of them were counted.
  private(set) var countedCount = 0

  /// Makes an empty table.
  init() {
    keys = Array(repeating: .empty, count: 1024)
    values = Array(repeating: PointSets.empty, count: 1024)
  }

  /// Notes that the points of a set need a chunk.
  mutating func add(_ id: ChunkID, _ set: UInt32, _ sets: inout PointSets) {
    if (count + 1) * 20 > keys.count * 17 { grow() }
    let slot = slot(of: KnownChunks.Key(id))
    if keys[slot] == .empty {
      keys[slot] = KnownChunks.Key(id)
      values[slot] = set
      count += 1
    } else if values[slot] != set {
      values[slot] = sets.union(values[slot], set)
    }
  }

  /// The points that need a chunk, the first time that it is asked for; nil if none does or a copy was counted before.
  mutating func count(_ id: ChunkID) -> UInt32? {
    let slot = slot(of: KnownChunks.Key(id))
    guard keys[slot] != .empty, values[slot] & Self.counted == 0 else { return nil }
    countedCount += 1
    defer { values[slot] |= Self.counted }
    return values[slot]
  }

  /// Where a key is, or would be.
  private func slot(of key: KnownChunks.Key) -> Int {
    var slot = key.slot(among: keys.count)
    while keys[slot] != key, keys[slot] != .empty { slot = slot + 1 == keys.count ? 0 : slot + 1 }
    return slot
  }

  private mutating func grow() {
    let (oldKeys, oldValues) = (keys, values)
    keys = Array(repeating: .empty, count: oldKeys.count + oldKeys.count / 5)
    values = Array(repeating: PointSets.empty, count: keys.count)
    for (key, value) in zip(oldKeys, oldValues) where key != .empty {
      let slot = slot(of: key)
      keys[slot] = key
      values[slot] = value
    }
  }
}
