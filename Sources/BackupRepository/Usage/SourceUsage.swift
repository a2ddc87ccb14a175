public import BackupModel
public import HostSystem

/// What the packs of a source hold, and for which of its points.
///
/// Counted are the compressed bytes of whole frames, since that is what a prune can free. A frame counts for a point if the point needs
/// anything in it. What lies in the trash is needed by no point; an interrupted archive that the next one goes on with needs its packs and
/// what its checkpoint names.
public struct SourceUsage: Sendable {
  /// What a point needs.
  public struct Point: Hashable, Sendable {
    /// Its name.
    public let id: RecoveryPointID
    /// Bytes that nothing but this point needs: what forgetting it, and nothing else, would free.
    public fileprivate(set) var ownBytes: Int64 = 0
    /// Bytes that others need too.
    public fileprivate(set) var sharedBytes: Int64 = 0
    /// Why not all that it needs is known; nil if it is.
    public fileprivate(set) var problem: String?

    /// All that it needs.
    public var neededBytes: Int64 { ownBytes + sharedBytes }
  }

  /// The source.
  public let source: SourceID
  /// The points, oldest first.
  public private(set) var points: [Point]
  /// Bytes of the files of all packs.
  public private(set) var packBytes: Int64 = 0
  /// Bytes of their tables.
  public private(set) var tableBytes: Int64 = 0
  /// Bytes that several points need.
  public private(set) var sharedBytes: Int64 = 0
  /// Bytes that only an interrupted archive needs.
  public private(set) var unfinishedBytes: Int64 = 0
  /// Bytes that nothing needs.
  public private(set) var unneededBytes: Int64 = 0
  /// Bytes of packs that can't be read.
  public private(set) var unreadableBytes: Int64 = 0
  /// Bytes in the trash.
  public let trashBytes: Int64
  /// What couldn't be looked at; then what seems not to be needed may be. Lines for a person.
  public private(set) var problems: [String] = []
  /// How many different blocks of indexes were read.
  public let blockCount: Int

  /// Bytes on the disk, small files left out.
  public var diskBytes: Int64 { packBytes + trashBytes }
  /// Bytes that a single point needs, whichever.
  public var ownBytes: Int64 { points.reduce(0) { $0 + $1.ownBytes } }
  /// Whether what every point needs is known: without that a prune removes nothing.
  public var isComplete: Bool { points.allSatisfy { $0.problem == nil } }

  private let sets: PointSets
  private let packs: [PackOwners]
  private let positions: [RecoveryPointID: Int]

  /// Looks at a source. Needs no lock, and changes nothing.
  ///
  /// Takes up to 30 bytes of memory for each chunk that a point needs, and the tables of contents.
  /// - Throws: ``RepositoryError`` `readFailed` if the source can't be listed; `CancellationError`.
  public init(of store: SourceStore, cancellation: Cancellation) throws {
    source = store.source
    let ids = try store.pointIDs()
    points = ids.map { Point(id: $0) }
    positions = Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($1, $0) })
    trashBytes = try store.trash.size().bytes
    var roots: [(point: Int, root: IndexRoot)] = []
    for (position, id) in ids.enumerated() {
      do {
        roots.append((position, try store.point(id).index))
      } catch let error as RepositoryError {
        points[position].problem = error.message
      }
    }
    // What isn't a point has the number after the last one.
    if let checkpoint = try store.latestCheckpoint() { roots.append((ids.count, checkpoint.index)) }
    var index = try IndexOwners(
      of: roots, PointSets(count: ids.count + 1), reader: try store.chunkReader(keepsTables: true),
      cancellation: cancellation)
    blockCount = index.blockCount
    for (set, error) in index.problems {
      for position in index.sets.members(set) where position < ids.count && points[position].problem == nil {
        points[position].problem = [error.message, error.cause].compactMap(\.self).joined(separator: ": ")
      }
    }
    let history = AttestationHistory(try store.attestations.read().attestations)
    let members = SourcePackOwners.Members(
      ofPoint: Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($1, index.single($0)) }),
      unfinished: try store.unfinishedAttempts(points: ids, history), pinned: index.single(ids.count))
    let found = try SourcePackOwners(of: store, &index, members, damaged: history.damagedFrames)
    packs = found.packs
    sets = index.sets
    for point in points {
      if let problem = point.problem { problems.append("what the point \(point.id) needs isn't known: \(problem)") }
    }
    for (pack, bytes, error) in found.unreadable {
      unreadableBytes += bytes
      problems.append("the pack \(pack) can't be read: \(error)")
    }
    let missing = index.owners.count - index.owners.countedCount
    if missing > 0 { problems.append("\(missing) chunks that points need are in no readable pack") }
    sum(pinned: ids.count)
  }

  private mutating func sum(pinned: Int) {
    packBytes = unreadableBytes
    var bytesOfSets: [UInt32: Int64] = [:]
    for pack in packs {
      packBytes += pack.fileBytes
      tableBytes += pack.tableBytes
      for (share, bytes) in pack.bytes { bytesOfSets[share.set, default: 0] += bytes }
    }
    for (set, bytes) in bytesOfSets {
      let members = sets.members(set)
      switch members.first {
      case nil: unneededBytes += bytes
      case pinned: unfinishedBytes += bytes
      case let only? where members.count == 1: points[only].ownBytes += bytes
      default:
        sharedBytes += bytes
        for position in members where position < pinned { points[position].sharedBytes += bytes }
      }
    }
  }

  /// What a prune would free, about, if some points were forgotten before it: once its grace has passed, without what is in the trash.
  ///
  /// - Parameter threshold: packs of which a smaller share is needed are rewritten, 0 to 1.
  /// - Returns: nothing if it isn't known what is needed.
  public func freedBytes(forgetting ids: some Sequence<RecoveryPointID>, threshold: Double) -> Int64 {
    guard isComplete else { return 0 }
    let isNeedless = sets.subsets(of: ids.compactMap { positions[$0] })
    return packs.reduce(0) { $0 + $1.freedBytes(isNeedless, threshold: threshold) }
  }
}
