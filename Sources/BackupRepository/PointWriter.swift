public import BackupArchive
public import BackupModel
import HostSystem
import Synchronization

/// The sizes that a writer goes by.
public struct WriterParameters: Sendable, Hashable {
  /// zstd's level, 1 to 19.
  public var compressionLevel: Int
  /// Content of a frame aimed at.
  public var frameSize: ByteCount
  /// A pack is sealed at the first member that ends past this size.
  public var packSize: ByteCount
  /// Average length of the chunks of large files.
  public var chunkSize: ByteCount
  /// A pack is sealed when it holds this many chunks, which bounds the memory for its table of contents.
  public var chunksPerPack: Int

  /// The defaults: level 2, frames of 2 MiB, packs of 4 GiB, chunks of 512 KiB, 500,000 chunks in a pack.
  public init(
    compressionLevel: Int = 2, frameSize: ByteCount = .mebibytes(2), packSize: ByteCount = .gibibytes(4),
    chunkSize: ByteCount = .kibibytes(512), chunksPerPack: Int = 500_000
  ) {
    self.compressionLevel = compressionLevel
    self.frameSize = frameSize
    self.packSize = packSize
    self.chunkSize = chunkSize
    self.chunksPerPack = chunksPerPack
  }

  /// Whether a pack is large enough to be sealed.
  func areReached(by writer: PackWriter<StoredPack>) -> Bool {
    writer.writtenBytes >= packSize.bytes || writer.chunkCount >= chunksPerPack
  }
}

/// Writes one point of a source: packs first, then the point.
///
/// A crash at any instant leaves the points listed before whole and this one absent; packs sealed by then serve the next
/// attempt. Used by one thread; ``claims`` may be used by all.
public final class PointWriter {
  /// The name of the point that is written.
  public let id: RecoveryPointID
  /// Which chunks are stored already.
  public let claims: ChunkClaims
  /// The previous state: the newest good point, or the checkpoint of an interrupted first archive.
  public let previous: RecoveryPoint?
  /// Whether the source has no point yet: then every entry is stored as a whole ordinary member.
  public let isFirst: Bool
  /// Points that were passed over as the previous one because they can't be read.
  public let unreadablePoints: [(id: RecoveryPointID, error: any Error)]
  /// Bytes written to packs so far.
  public private(set) var storedBytes: Int64 = 0
  private let store: SourceStore
  private let lock: SourceLock
  private let parameters: WriterParameters
  private let encoder: FrameEncoder
  private var packNumber = 0
  private var pack: (writer: PackWriter<StoredPack>, file: any StorageFile, path: String)?
  /// The pack that isn't sealed yet, and what was stored before it.
  private var unsealed: (path: String, storedBefore: Int64)?
  private var index = IndexBuilder()
  private var checkpointIndex: IndexBuilder?
  /// Blocks of the index that wait for the end of a member; nil if none have to.
  private var heldBlocks: [EncodedFrame]?
  private let previousBlocks = SharedBlocks()
  private var checkpointBase: ((RecoveryPointID, IndexRoot) -> RecoveryPoint)?

  /// Begins a point. Removes what an interrupted writer left unfinished.
  ///
  /// - Parameter describe: makes the description of a checkpoint from its id and index.
  public init(
    store: SourceStore, lock: SourceLock, begun: Timestamp, parameters: WriterParameters,
    describeCheckpoint describe: @escaping (RecoveryPointID, IndexRoot) -> RecoveryPoint
  ) throws {
    self.store = store
    self.lock = lock
    self.parameters = parameters
    try store.removeUnfinished(lock)
    id = try store.newPointID(begun: begun)
    var unreadable: [(RecoveryPointID, any Error)] = []
    let latest = try store.latestGoodPoint { unreadable.append(($0, $1)) }
    unreadablePoints = unreadable.map { (id: $0.0, error: $0.1) }
    isFirst = latest == nil
    previous = try latest ?? store.latestCheckpoint()
    claims = ChunkClaims(store: store, suspicion: try StoreSuspicion(store, previous: previous))
    encoder = try FrameEncoder(level: parameters.compressionLevel)
    checkpointBase = describe
  }

  /// The previous index, or nil if there is none.
  public var previousIndex: PreviousIndex? {
    previous.map { PreviousIndex(root: $0.index, store: store, claims: claims, blocks: previousBlocks) }
  }

  /// Appends a frame to the pack.
  public func append(_ frame: EncodedFrame) throws {
    let before = pack?.writer.writtenBytes ?? 0
    if pack == nil {
      packNumber += 1
      let path = "\(store.packsPath)/\(PackName(point: id, number: packNumber).fileName)"
      unsealed = (path, storedBytes)
      let file = try store.storage.createFile(path + ".part")
      pack = (PackWriter(output: StoredPack(file: file)), file, path)
    }
    try pack?.writer.append(frame)
    storedBytes += (pack?.writer.writtenBytes ?? 0) - before
  }

  /// Appends whole lines to the index.
  public func appendIndex(_ lines: ArraySlice<UInt8>) throws {
    var index = self.index
    self.index = IndexBuilder()
    try index.append(lines) { try storeBlock($0, $1) }
    self.index = index
  }

  private func storeBlock(_ id: ChunkID, _ block: [UInt8]) throws {
    // A block that was just read needn't be looked up, unless the pack that it was read from is in doubt.
    if !claims.isSuspicious, previousBlocks.contains(id) { return }
    guard try claims.claim(id) else { return }
    let serializer = try TarSerializer()
    let member = TarMember(
      path: Array(".backupctl/index/\(id)".utf8), kind: .file(size: Int64(block.count), dataRanges: nil),
      permissions: 0o600, modified: self.id.begun)
    let start = try serializer.append(member, data: block[...])
    let chunk = FrameChunk(id: id, offset: start, length: block.count)
    let frame = try encoder.encode(serializer.output, chunks: [chunk], beginsMember: true)
    if heldBlocks == nil { try append(frame) } else { heldBlocks?.append(frame) }
  }

  /// Keeps blocks of the index in memory, compressed, while one member is written in several frames.
  public func holdIndexBlocks() { heldBlocks = heldBlocks ?? [] }

  /// Writes the blocks that were kept: the member has ended.
  public func releaseIndexBlocks() throws {
    let held = heldBlocks ?? []
    heldBlocks = nil
    for frame in held { try append(frame) }
  }

  /// Makes checkpoints hold the index as it is now, whatever is appended later: for a file whose lines are appended before
  /// it is whole.
  public func keepIndexForCheckpoints() { checkpointIndex = index }

  /// Seals the pack if it is large enough. To be called only where a member ends and the index has all entries so far.
  public func sealIfFull() throws {
    guard let pack, parameters.areReached(by: pack.writer) else { return }
    try seal()
  }

  /// Seals the pack, and leaves a checkpoint if the source has no point yet.
  ///
  /// To be called only where a member ends and the index has all entries so far.
  public func seal() throws {
    try releaseIndexBlocks()
    var checkpoint: IndexRoot?
    if isFirst, pack != nil {
      var copy = checkpointIndex ?? index
      checkpoint = try copy.finish { try storeBlock($0, $1) }
    }
    try closePack()
    if let checkpoint, let point = checkpointBase?(id, checkpoint) {
      let older = try store.checkpointNames()
      let name = "\(id).checkpoint"
      try store.storage.writeDurably(try PointFile.encode(point), to: "\(store.pointsPath)/\(name)")
      for other in older where other != name { try store.storage.remove("\(store.pointsPath)/\(other)") }
    }
  }

  private func closePack() throws {
    guard var open = pack else { return }
    pack = nil
    let before = open.writer.writtenBytes
    try open.writer.finish(encoder)
    storedBytes += open.writer.writtenBytes - before
    try open.file.synchronize()
    try open.file.close()
    try store.storage.publish(open.path)
    unsealed = nil
  }

  /// Removes what isn't sealed, for a point that won't be finished: where the disk is full that makes room again.
  ///
  /// - Returns: the bytes of this point that stay, in packs that serve the next attempt.
  /// - Throws: ``RepositoryError`` `writeFailed`; then the next writer removes it.
  public func abandon() throws -> Int64 {
    pack = nil
    guard let (path, storedBefore) = unsealed else { return storedBytes }
    try store.storage.remove(path + ".part")
    unsealed = nil
    return storedBefore
  }

  /// Ends the index, seals the pack, and publishes the point.
  ///
  /// - Parameter describe: makes the point from its index; called once everything is stored.
  /// - Throws: ``RepositoryError``; then the point is absent.
  public func finish(_ describe: (IndexRoot) throws -> RecoveryPoint) throws -> RecoveryPoint {
    var index = self.index
    guard let root = try index.finish(store: { try storeBlock($0, $1) }) else {
      preconditionFailure("an index has at least the entry of the root")
    }
    return try finish(withIndex: root, describe)
  }

  /// Seals the pack and publishes the point with an index that is stored already: that of the previous point if nothing changed.
  ///
  /// - Throws: ``RepositoryError``; then the point is absent.
  public func finish(
    withIndex root: IndexRoot, _ describe: (IndexRoot) throws -> RecoveryPoint
  ) throws -> RecoveryPoint {
    try closePack()
    let point = try describe(root)
    try store.storage.writeDurably(try PointFile.encode(point), to: "\(store.pointsPath)/\(id).json")
    for name in try store.checkpointNames() { try store.storage.remove("\(store.pointsPath)/\(name)") }
    // The point is there. What can't be protected was told when it was begun, or is by the next one.
    try? store.protectFiles(lock)
    return point
  }
}

/// A pack that is written to a file of the storage.
struct StoredPack: PackOutput {
  let file: any StorageFile
  func write(_ bytes: [UInt8]) throws { try file.write(bytes) }
}

/// The index that a new point is merged with; can be opened on another thread than the writer's.
public struct PreviousIndex: Sendable {
  fileprivate let root: IndexRoot
  fileprivate let store: SourceStore
  fileprivate let claims: ChunkClaims
  fileprivate let blocks: SharedBlocks

  /// Opens the index.
  ///
  /// Blocks that the reader finds whole needn't be looked up when they come again; blocks that it finds damaged are stored anew.
  public func open() throws -> IndexReader {
    let reader = try IndexReader(root: root, chunks: try store.chunkReader(keepsTables: false))
    let claims = claims
    let blocks = blocks
    reader.didReadBlock = { id, isWhole in
      if isWhole { blocks.insert(id) } else { claims.distrust(id) }
    }
    return reader
  }
}

/// The blocks of the previous index that were read whole; one thread reads the index, another one asks.
final class SharedBlocks: Sendable {
  private let blocks = Mutex<Set<ChunkID>>([])
  func insert(_ id: ChunkID) { blocks.withLock { _ = $0.insert(id) } }
  func contains(_ id: ChunkID) -> Bool { blocks.withLock { $0.contains(id) } }
}
