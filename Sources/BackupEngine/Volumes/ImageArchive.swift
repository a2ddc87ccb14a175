import BackupArchive
public import BackupModel
public import BackupRepository
public import HostSystem
public import VolumeSnapshots

/// Archives the image of a volume: makes one recovery point of the blocks of a block device that doesn't change meanwhile.
///
/// What isn't mapped is neither read nor stored. With a difference to the newest point only the blocks that may have changed are
/// read, and some more to prove the difference; a difference that is found wrong is not used.
public struct ImageArchive: Sendable {
  /// The name of the image in a point.
  public static let fileName = "volume.img"
  static let path = PathBytes(path: fileName)
  /// Sizes that blocks may have.
  public static let blockSizes = ByteCount.kibibytes(16)...ByteCount.mebibytes(4)

  /// The size that blocks have unless another one is asked for: the largest power of two that divides the pool's chunk, so that no
  /// block reaches beyond a chunk, from 64 KiB to 1 MiB (`docs/decisions/0011-block-size.md`).
  public static func defaultBlockSize(poolChunk: ByteCount) -> ByteCount {
    let bytes = max(1, poolChunk.bytes)
    return min(.mebibytes(1), max(.kibibytes(64), ByteCount(1 << Int64(bytes.trailingZeroBitCount))))
  }

  /// What is archived, and how.
  public struct Request: Sendable {
    /// Where the point goes, and how it is written. ``PointRequest/volume`` must be set; how the volume was read is added to it.
    public var point: PointRequest
    /// The open block device, or a file that stands for it. It must not change while it is read.
    public var device: OpenFile
    /// What is known of its blocks. `same` counts only if there is a ``base``.
    public var map: BlockMap
    /// Bytes of a block; a power of two within ``ImageArchive/blockSizes``.
    public var blockSize: ByteCount
    /// The point that `same` in the map refers to; nil if the map is no difference.
    public var base: RecoveryPointID?
    /// Ranges that are read and compared with the base although the map calls them the same.
    public var audit: [Range<Int64>] = []
    /// Why everything that is mapped is to be read, if it is: the map's `same` is then compared with the base.
    public var fullReason: String?
    /// A first image with at most this many mapped bytes, and no more blocks than a pack may hold chunks, becomes one member of one
    /// pack, which `tar` extracts by itself; a larger one is stored in parts, so that an interruption costs no more than a pack.
    public var mostBytesInOneMember = ByteCount.gibibytes(64)

    /// Asks for an image of all that a map says.
    public init(_ point: PointRequest, device: OpenFile, map: BlockMap, blockSize: ByteCount) {
      self.point = point
      self.device = device
      self.map = map
      self.blockSize = blockSize
    }
  }

  let request: Request
  private let clock: any HostClock

  /// Prepares an archive.
  public init(_ request: Request, clock: any HostClock) {
    self.request = request
    self.clock = clock
  }

  /// Archives the image on threads of its own and waits.
  ///
  /// - Returns: the published point; its `volume` says what was read and why. A difference that was found wrong makes a warning of it.
  /// - Throws: ``EngineError`` `badSpecification` for a block size that can't be used, `sourceUnreadable` if the device can't be read
  ///   or hasn't the size of its map; `RepositoryError`; `CancellationError`. No point is published then, and what was stored
  ///   serves the next attempt.
  public func run(progress: ArchiveProgress, cancellation: Cancellation) throws -> RecoveryPoint {
    // The device is switched to direct reading by whoever reads it, and only while it is read.
    try run(reading: DeviceBlocks(request.device), progress: progress, cancellation: cancellation)
  }

  /// Archives what another reader gives.
  func run(
    reading source: any BlockReading, progress: ArchiveProgress, cancellation: Cancellation
  ) throws -> RecoveryPoint {
    try check(source)
    let isFresh = try request.point.store.packNames().isEmpty
    let begun = clock.now()
    let point = PointArchive(
      request: request.point, begun: begun, origin: nil,
      rules: SuspicionRules(collapseShare: request.point.suspiciousBelow, mayBeEmpty: true, subject: .volume),
      clock: clock)
    return try point.run(progress: progress) { writer, context, committer in
      let decision = try ImageDecision(
        request, previous: writer.previous, index: writer.previousIndex, isFirst: writer.isFirst, source: source,
        mayTakeOverAll: !context.claims.isSuspicious, cancellation: cancellation)
      committer.volume = decision.volume
      committer.warn(decision.warnings)
      committer.count(readBytes: decision.auditedBytes)
      if decision.isUnchanged, let previous = writer.previous { return committer.takeOver(previous) }

      try committer.commit(SoleFileEntries.root(begun: begun))
      writer.keepIndexForCheckpoints()
      var entry = SoleFileEntries.content(Self.fileName, begun: begun)
      entry.size = request.map.size
      let blocks = ImageBlocks(map: request.map, blockSize: request.blockSize.bytes)
      committer.image = ImageExtents(
        entry, blocks: blocks,
        comparedWith: decision.comparesWithBase ? try writer.previousIndex.map(PreviousImage.init) : nil)
      var plan = try self.plan(entry, blocks, isFirst: writer.isFirst, isFresh: isFresh)
      if decision.reading == .changed { plan.base = writer.previousIndex }
      // The blocks of the index must not come between the slices of one member.
      if plan.layout.isMember { writer.holdIndexBlocks() }
      try read(entry, plan, source, context, &committer, cancellation)
      conclude(&committer, decision)
    }
  }

  private func check(_ source: any BlockReading) throws {
    let blockSize = request.blockSize
    guard Self.blockSizes.contains(blockSize), blockSize.bytes.nonzeroBitCount == 1 else {
      throw EngineError(
        .badSpecification, "cannot archive \(request.point.store.source): blocks of \(blockSize) can't be used",
        hint: "choose a power of two from 16KiB to 4MiB")
    }
    let length: Int64
    do throws(SystemError) {
      length = try source.length()
    } catch {
      throw EngineError(.sourceUnreadable, "cannot read \(source.path): \(error.reason)", cause: error.cause)
    }
    guard length == request.map.size else {
      throw EngineError(
        .sourceUnreadable,
        "cannot archive \(request.point.store.source): \(source.path) has \(length) bytes, its map \(request.map.size)",
        hint: "was it resized? the next run asks for its size anew")
    }
  }

  /// How the image is stored.
  private func plan(
    _ entry: IndexEntry, _ blocks: ImageBlocks, isFirst: Bool, isFresh: Bool
  ) throws -> ImageReader.Plan {
    // Beside the packs of an interrupted attempt a first point can't be whole by itself without storing all of them again.
    guard isFirst, isFresh else { return ImageReader.Plan(blocks: blocks, layout: .parts(all: false)) }
    let mapped = SparseRanges(blocks)
    let mostBlocks = Int64(request.point.parameters.chunksPerPack)
    guard mapped.bytes <= min(request.mostBytesInOneMember.bytes, mostBlocks * blocks.blockSize) else {
      return ImageReader.Plan(blocks: blocks, layout: .parts(all: true))
    }
    let isSparse = mapped.ranges != [0..<entry.size]
    let serializer = try TarSerializer()
    try serializer.appendHeaderOnly(
      member(of: entry, kind: .file(size: entry.size, dataRanges: isSparse ? mapped.ranges : nil)))
    return ImageReader.Plan(
      blocks: blocks, layout: .member(header: serializer.output, bytes: mapped.bytes), closedGap: mapped.closedGap)
  }

  private func read(
    _ entry: IndexEntry, _ plan: ImageReader.Plan, _ source: any BlockReading, _ context: ArchiveContext,
    _ committer: inout ArchiveCommitter, _ cancellation: Cancellation
  ) throws {
    let pipeline = ArchivePipeline(context, threads: request.point.threads)
    let unfinished = Monitor<PointArchive.Unfinished?>(nil)
    let reader = WorkerThread {
      do {
        try ImageReader(
          source: source, context: context, submit: { try pipeline.submit($0) }, cancellation: cancellation
        ).read(entry, plan)
        pipeline.complete()
      } catch let error as EngineError {
        // What was read so far is stored for the next attempt.
        unfinished.update { $0 = PointArchive.Unfinished(reason: error) }
        pipeline.complete()
      } catch {
        pipeline.complete(error)
      }
    }
    defer {
      reader.join()
      pipeline.join()
    }
    do {
      while let result = try pipeline.nextResult() { try committer.commit(result) }
    } catch {
      pipeline.complete(error)
      throw error
    }
    if let error = unfinished.update({ $0 }) { throw error }
  }

  /// Says what a comparison with the base found.
  private func conclude(_ committer: inout ArchiveCommitter, _ decision: ImageDecision) {
    guard decision.comparesWithBase, let findings = committer.image?.findings else { return }
    if let failure = findings.failure {
      committer.warn([
        ImageDecision.warning("the previous index is damaged, so the difference wasn't proved: \(failure)")
      ])
    }
    committer.volume?.audit = RecoveryPoint.Volume.Audit(bytes: findings.comparedBytes, differing: findings.differing)
    if findings.differing > 0 {
      committer.warn([ImageDecision.wrongDifference(findings.differing, findings.firstOffsets)])
    }
  }
}
