import BackupArchive
import BackupModel
import HostSystem

/// Finds the chunks that points of a source need and that no whole frame of its packs holds.
///
/// A block of an index that is missing itself is among them; what it names isn't known until it is found.
struct MissingChunks {
  /// The chunks.
  private(set) var chunks: Set<ChunkID> = []

  /// Walks the indexes of all points that can be read.
  ///
  /// - Throws: ``RepositoryError`` if the store can't be listed; `CancellationError`.
  init(_ store: SourceStore, _ cancellation: Cancellation) throws {
    let stored = try Self.stored(in: store, cancellation)
    let reader = try store.chunkReader(keepsTables: true)
    var walked = KnownChunks()
    for id in try store.pointIDs() {
      // A point that can't be read names nothing; the check tells of it.
      guard let root = try? store.point(id).index, let index = try? IndexReader(root: root, chunks: reader) else {
        continue
      }
      var waiting = [(id: root.root, level: root.level)]
      while let (id, level) = waiting.popLast() {
        guard walked.insert(id) else { continue }
        try cancellation.check()
        do {
          let block = try index.block(id)
          if level > 0 {
            waiting += try index.branches(block).map { ($0.child, level - 1) }
          } else {
            try IndexChunks.forEach(in: block) { chunk in
              if stored.fate(of: chunk) != .stored { chunks.insert(chunk) }
            }
          }
        } catch let error as RepositoryError where error.code == .damaged {
          chunks.insert(id)
        }
      }
    }
  }

  /// The chunks that whole frames of a source hold, as far as is known.
  static func stored(in store: SourceStore, _ cancellation: Cancellation) throws -> StoredChunks {
    let damaged = AttestationHistory(try store.attestations.read().attestations).damagedFrames
    var stored = StoredChunks()
    for name in try store.packNames() {
      try cancellation.check()
      do {
        try store.openPack(name).forEachChunk { chunk in
          stored.add(chunk.id, damage: damaged[name]?.contains(Int(chunk.frame)) == true ? 0 : nil)
        }
      } catch let error where !(error is CancellationError) {
        // What a pack holds that can't be read counts as missing.
        continue
      }
    }
    return stored
  }
}

/// Looks for copies of chunks where a source's own points don't: in its trash, and in packs and trash of all other sources.
struct OtherCopies {
  private let repository: Repository
  private let store: SourceStore
  private let cancellation: Cancellation

  init(_ repository: Repository, besides store: SourceStore, _ cancellation: Cancellation) {
    self.repository = repository
    self.store = store
    self.cancellation = cancellation
  }

  /// Calls `body` with each chunk that was found whole, perhaps more than once.
  ///
  /// - Throws: what `body` throws; `CancellationError`; ``RepositoryError`` if the repository can't be listed.
  func forEach(of wanted: Set<ChunkID>, _ body: (ChunkID, [UInt8]) throws -> Void) throws {
    var left = wanted
    let decompressor = try FrameDecompressor()
    for path in try packPaths() {
      guard !left.isEmpty else { return }
      try cancellation.check()
      // A pack that can't be read has no copy to give.
      guard let reader = try? PackReader(repository.storage.open(path)) else { continue }
      // It is only faster with the table in memory.
      if left.count > 100 { try? reader.prepareForManyLookups() }
      var places: [Int: [ChunkRecord]] = [:]
      for id in left {
        // Nor has a place in its table that can't be read.
        guard let record = try? reader.location(of: id) else { continue }
        places[Int(record.frame), default: []].append(record)
      }
      for (frame, records) in places.sorted(by: { $0.key < $1.key }) {
        try cancellation.check()
        var content: [UInt8] = []
        // Nor a frame that is damaged.
        guard (try? reader.readFrame(frame, with: decompressor, into: &content)) != nil else { continue }
        for record in records {
          let bytes = content[Int(record.offset)..<Int(record.offset) + Int(record.length)]
          guard ChunkID(of: bytes) == record.id else { continue }
          try body(record.id, Array(bytes))
          left.remove(record.id)
        }
      }
    }
  }

  /// The source's own packs come first: a frame that was found damaged once may be whole when it is read again.
  private func packPaths() throws -> [String] {
    var paths: [String] = []
    for source in [store.source] + (try repository.sources().filter { $0 != store.source }) {
      let other = repository.store(source)
      paths += try other.packNames().map { "\(other.packsPath)/\($0.fileName)" }
      paths += try other.trash.items().filter { PackName(fileName: $0.name) != nil }
        .map { "\(other.trashPath)/\($0.fileName)" }
    }
    return paths
  }
}
