public import BackupModel
public import BackupRepository
public import HostSystem
public import VolumeSnapshots

/// What a restore in place would do; nothing is changed by making it.
public struct InPlacePlan: Sendable {
  /// What is replaced.
  public enum Live: Sendable {
    case tree(LiveTree)
    case volume(LiveVolume)

    /// Where it is: a directory, or the device of a volume.
    public var path: PathBytes {
      switch self {
      case .tree(let tree): tree.path
      case .volume(let volume): PathBytes(path: "/dev/\(volume.name)")
      }
    }

    /// Where what is restored takes room, as people call it.
    public var room: PathBytes {
      switch self {
      case .tree(let tree): tree.beside
      case .volume(let volume): PathBytes(path: "the pool \(volume.pool)")
      }
    }

    /// Free bytes there.
    public var available: ByteCount {
      switch self {
      case .tree(let tree): tree.available
      case .volume(let volume): volume.available
      }
    }

    /// Whether anything is there now.
    public var isThere: Bool {
      switch self {
      case .tree(let tree): tree.inode != nil
      case .volume(let volume): volume.uuid != nil
      }
    }

    /// Whether clients that have an exported directory mounted may go on using the old tree.
    public var isExported: Bool { if case .tree(let tree) = self { tree.isExported } else { false } }

    /// The tree that it is; nil for a volume.
    public var tree: LiveTree? { if case .tree(let tree) = self { tree } else { nil } }

    /// Whether a directory of an earlier restore stays where it is, though all that is live is replaced.
    func leaves(_ place: PathBytes) -> Bool {
      guard let tree, tree.anchor != nil, let slash = place.lastIndex(of: 0x2F) else { return false }
      return tree.path.elementsEqual(place[..<slash])
    }

    /// The volume that it is; nil for a tree.
    public var volume: LiveVolume? { if case .volume(let volume) = self { volume } else { nil } }

    /// What those have in common whose room is the same.
    fileprivate var roomKey: String {
      switch self {
      case .tree(let tree): "device \(tree.device)"
      case .volume(let volume): "pool \(volume.pool)"
      }
    }
  }

  /// One source of a restore.
  public struct Part: Sendable {
    /// The source's store.
    public var store: SourceStore
    /// The point; of a snapshot, the newest one, for what it says of the volume.
    public var point: RecoveryPoint
    /// The snapshot that is cloned in place of the point; nil if the point is restored.
    public var snapshot: VolumeSnapshot?
    /// A snapshot that reaches what was asked for at least as well and would be faster; nil if there is none.
    public var faster: VolumeSnapshot?
    /// The paths that are restored, as an index has them; empty for everything.
    public var paths: [PathBytes]
    /// What is replaced.
    public var live: Live
    /// Entries that are restored.
    public var entries: Int
    /// Bytes of content that are restored. All of them: it is made anew beside what is live.
    public var bytes: ByteCount
    /// How many names change places one after the other; nil if all that is replaced does so at one instant, or with paths
    /// at one instant for each.
    public var names: Int?
    /// What is known of the point's worth and of the time that restoring it takes.
    public var trust: PointTrust

    /// Whether what is live now is kept as an undo, rather than nothing being there.
    public var replacesSomething: Bool { live.isThere }
    /// Whether only what differs from the live volume is written, into a clone of it: it has the length of the image.
    public var writesDifference: Bool {
      guard snapshot == nil, let size = live.volume?.size, let image = point.volume?.snapshot?.size else {
        return false
      }
      return size.bytes == image
    }
    /// When what is restored was as it is restored.
    public var begun: Timestamp { snapshot?.created ?? point.begun }
    /// How long it may take; nil if that isn't known.
    public var expectedSeconds: Double? { snapshot == nil ? trust.expectedSeconds : trust.cloneSeconds }
  }

  /// What was asked for: a service's or a source's name.
  public var name: String
  /// The sources, in the order in which they are restored.
  public var parts: [Part]
  /// For how long what is replaced is meant to be kept.
  public var keepUndo: Duration
  /// What the configuration names to be stopped besides what uses the volumes' claims.
  public var named: [Workload] = []
  /// Which of that runs now.
  public var running: [Workload] = []
  /// Which of that isn't there.
  public var absent: [Workload] = []

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
      guard let sum, let seconds = part.expectedSeconds else { return nil }
      return sum + seconds
    }
  }

  /// File systems that have less room than is restored to them: free bytes and needed bytes, by a directory of each.
  public var tooFull: [(directory: PathBytes, available: ByteCount, needed: ByteCount)] {
    Dictionary(grouping: parts, by: \.live.roomKey).values.compactMap { parts in
      let needed = parts.reduce(ByteCount.zero) { $0 + $1.bytes }
      guard let first = parts.first, first.live.available < needed else { return nil }
      return (first.live.room, first.live.available, needed)
    }.sorted { $0.directory.lexicographicallyPrecedes($1.directory) }
  }

  /// Makes the plan of one part that is a volume.
  ///
  /// - Parameters:
  ///   - snapshot: what is cloned in place of the point; nil for the point.
  ///   - faster: a snapshot that would be faster.
  /// - Throws: ``EngineError`` `targetUnusable` for a point that can't be put in the place of its volume.
  public static func part(
    _ store: SourceStore, _ point: RecoveryPoint, snapshot: VolumeSnapshot?, faster: VolumeSnapshot?,
    live: LiveVolume, trust: PointTrust
  ) throws -> Part {
    if snapshot == nil, let reason = point.volume?.reasonNotInPlace(store.source) {
      throw EngineError(
        .targetUnusable, "cannot restore \(store.source)@\(point.id) in place: \(reason.why)", hint: reason.hint)
    }
    return Part(
      store: store, point: point, snapshot: snapshot, faster: faster, paths: [], live: .volume(live), entries: 1,
      bytes: snapshot == nil ? ByteCount(point.statistics.bytes) : .zero, trust: trust)
  }

  /// Makes the plan of one part that is a tree.
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
      store: store, point: point, paths: selection.paths, live: .tree(live), entries: point.statistics.entries,
      bytes: ByteCount(point.statistics.bytes), trust: trust)
    if live.anchor != nil {
      var names = live.names
      try EntryListing(reader).forEachChild(of: [0x2E]) { entry in
        if !live.keeps(entry.path) { names.insert(entry.path) }
        return true
      }
      part.names = names.count
    }
    if !selection.isAll {
      var counted = RestorePlan()
      try selection.forEachEntry(of: reader) { counted.count($0) }
      (part.entries, part.bytes) = (counted.entries, ByteCount(counted.bytes))
    }
    part.trust.scale(to: part.bytes)
    return part
  }
}
