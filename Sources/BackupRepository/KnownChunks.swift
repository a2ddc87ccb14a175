import BackupModel

/// The set of chunks that a source's packs hold, in at most 24 bytes a chunk.
///
/// Open addressing with linear probing over the first 16 bytes of each id. Two different chunks would have to agree in
/// 128 bits of SHA-256 to be taken for one another.
struct KnownChunks {
  /// The first 16 bytes of an id, by which tables of chunks find it.
  struct Key: Hashable {
    var high: UInt64
    var low: UInt64
    static let empty = Key(high: 0, low: 0)

    init(high: UInt64, low: UInt64) {
      self.high = high
      self.low = low
    }

    init(_ id: ChunkID) {
      let words = id.words
      self.init(words: words[0], words[1])
    }

    /// The key of an id that begins with these two words.
    init(words first: UInt64, _ second: UInt64) {
      high = first
      // An id whose first 16 bytes are zero would look like an empty slot; nobody will ever meet one.
      low = second | (first | second == 0 ? 1 : 0)
    }

    /// Ids are uniform, so scaling their second word spreads them evenly over any number of slots. Not the first: tables of
    /// contents are sorted by it, and ids that come in order would crowd at the beginning of a set that grows.
    func slot(among count: Int) -> Int {
      Int(truncatingIfNeeded: low.multipliedFullWidth(by: UInt64(count)).high)
    }
  }

  private var slots: [Key]
  private(set) var count = 0
  /// The memory that the set takes, in bytes; while it grows, the old table is there as well.
  var byteCount: Int { slots.count * MemoryLayout<Key>.stride }

  /// Makes an empty set with room for `capacity` chunks.
  init(capacity: Int = 0) {
    slots = [Key](repeating: .empty, count: Self.slotCount(for: max(capacity, 1024)))
  }

  /// Adds a chunk.
  ///
  /// - Returns: false if it was there already.
  mutating func insert(_ id: ChunkID) -> Bool {
    if isFull { grow() }
    return insert(Key(id))
  }

  /// Whether one more would make probing long.
  private var isFull: Bool { (count + 1) * 20 > slots.count * 17 }

  /// Adds chunks by their keys: one after another, so that the processor waits for the memory of several at once.
  mutating func insert(_ keys: [Key]) {
    for key in keys {
      if isFull { grow() }
      _ = insert(key)
    }
  }

  /// Whether a chunk is in the set.
  func contains(_ id: ChunkID) -> Bool {
    let key = Key(id)
    var slot = key.slot(among: slots.count)
    while slots[slot] != .empty {
      if slots[slot] == key { return true }
      slot = slot + 1 == slots.count ? 0 : slot + 1
    }
    return false
  }

  private mutating func insert(_ key: Key) -> Bool {
    var slot = key.slot(among: slots.count)
    while slots[slot] != .empty {
      if slots[slot] == key { return false }
      slot = slot + 1 == slots.count ? 0 : slot + 1
    }
    slots[slot] = key
    count += 1
    return true
  }

  private mutating func grow() {
    let old = slots
    slots = [Key](repeating: .empty, count: old.count + old.count / 5)
    count = 0
    for key in old where key != .empty { _ = insert(key) }
  }

  private static func slotCount(for capacity: Int) -> Int { capacity * 5 / 4 + 16 }
}
