public import BackupModel
public import BackupRepository
public import HostSystem

/// What a restore in place would do; nothing is changed by making it.
public struct InPlacePlan: Sendable {
  /// One source of a restore.
  public struct Part: Sendable {
    /// The source's store.
    public var store: SourceStore
    /// The point.
    public var point: RecoveryPoint
    /// The paths that are restored, as an index has them; empty for everything.
    public var paths: [PathBytes]
    /// What is replaced.
    public var live: LiveTree
    /// Entries that are restored.
    public var entries: Int
    /// Bytes of content that are restored. All of them: the tree is made anew beside the live one.
    public var bytes: ByteCount
    /// What is known of the point's worth and of the time that restoring it takes.
    public var trust: PointTrust

    /// Whether what is live now is kept as an undo, rather than nothing being there.
    public var replacesSomething: Bool { live.inode != nil }
  }

  /// What was asked for: a service's or a source's name.
  public var name: String
  /// The sources, in the order in which they are restored.
  public var parts: [Part]
  /// For how long what is replaced is meant to be kept.
  public var keepUndo: Duration

  /// Gathers parts.
  public init(name: String, parts: [Part], keepUndo: Duration) {
    self.name = name
    self.parts = parts
    self.keepUndo = keepUndo
  }

  /// Bytes that are written.
  public var bytes: ByteCount { parts.reduce(.zero) { $0 + $1.bytes } }

  /// How long it may take; nil if it isn't known of every part.
  public var expectedSeconds: Double? {
    parts.reduce(0) { sum, part in
      guard let sum, let seconds = part.trust.expectedSeconds else { return nil }
      return sum + seconds
    }
  }

  /// File systems that have less room than is restored to them: free bytes and needed bytes, by a directory of each.
  public var tooFull: [(directory: PathBytes, available: ByteCount, needed: ByteCount)] {
    Dictionary(grouping: parts, by: \.live.device).values.compactMap { parts in
      let needed = parts.reduce(ByteCount.zero) { $0 + $1.bytes }
      guard let first = parts.first, first.live.available < needed else { return nil }
      return (first.live.beside, first.live.available, needed)
    }.sorted { $0.directory.lexicographicallyPrecedes($1.directory) }
  }

  /// Makes the plan of one part.
  ///
  /// - Throws: ``EngineError`` `refused` for a source that isn't a tree; `RepositoryError` if the index can't be read, or
  ///   `noSuchEntry`.
  public static func part(
    _ store: SourceStore, _ point: RecoveryPoint, paths: [PathBytes], live: LiveTree, trust: PointTrust
  ) throws -> Part {
    let selection = try PathSelection(paths)
    let reader = try IndexReader(root: point.index, chunks: try store.chunkReader(keepsTables: false))
    try selection.requireEntries(in: reader, of: point)
    var part = Part(
      store: store, point: point, paths: selection.paths, live: live, entries: point.statistics.entries,
      bytes: ByteCount(point.statistics.bytes), trust: trust)
    if !selection.isAll {
      var counted = RestorePlan()
      try selection.forEachEntry(of: reader) { counted.count($0) }
      (part.entries, part.bytes) = (counted.entries, ByteCount(counted.bytes))
    }
    part.trust.scale(to: part.bytes)
    return part
  }
}
