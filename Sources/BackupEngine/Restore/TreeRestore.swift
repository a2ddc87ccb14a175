import BackupModel
public import BackupRepository
public import HostSystem

/// Restores a point of a tree, or paths of it, into a directory.
public struct TreeRestore: Sendable {
  /// What is restored, and where to.
  public struct Request: Sendable {
    /// Where the point is.
    public var store: SourceStore
    /// The point.
    public var point: RecoveryPoint
    /// Paths as an index has them, each with all below it; empty for everything.
    public var paths: [PathBytes] = []
    /// The directory. It is made if it isn't there; the one above it must be.
    public var target: PathBytes
    /// Whether the target may hold other things: files that differ are overwritten then, and nothing is deleted.
    public var overwrite = false
    /// Whether to compare the target with the point afterwards.
    public var verify = false
    /// How many threads decompress, hash and write.
    public var threads = availableProcessors()

    /// Asks for everything of a point in a directory.
    public init(store: SourceStore, point: RecoveryPoint, target: PathBytes) {
      self.store = store
      self.point = point
      self.target = target
    }
  }

  private let request: Request
  private let clock: any HostClock

  /// Prepares a restore.
  public init(_ request: Request, clock: any HostClock) {
    self.request = request
    self.clock = clock
  }

  /// What ``run(progress:cancellation:)`` would do; changes nothing.
  ///
  /// For a whole point the counts are those of the point itself; for paths the entries are counted.
  /// - Throws: the errors that ``run(progress:cancellation:)`` throws before it writes.
  public func plan() throws -> RestorePlan {
    let (selection, reader) = try open(try request.store.chunkReader(keepsTables: false))
    var plan = RestorePlan()
    let found = try RestoreTarget.examine(
      request.target, marker: try marker(selection), overwrite: request.overwrite)
    switch found.state {
    case .missing: plan.target = .missing
    case .empty: plan.target = .empty
    case .unfinished: plan.target = .unfinished
    case .overwritten: plan.target = .overwritten
    }
    // Only for information: the restore itself says when the disk is full.
    plan.available = try? (found.root ?? OpenFile.open(parent(of: request.target), .directoryFollowing)).space()
      .available
    if selection.isAll {
      let statistics = request.point.statistics
      plan.entries = statistics.entries
      plan.files = statistics.files
      plan.directories = statistics.directories
      plan.bytes = statistics.bytes
    } else {
      try selection.forEachEntry(of: reader) { plan.count($0) }
    }
    return plan
  }

  private func parent(of path: PathBytes) -> PathBytes {
    guard let slash = path.lastIndex(of: 0x2F) else { return [0x2E] }
    return slash == 0 ? [0x2F] : Array(path[..<slash])
  }

  private func open(_ chunks: ChunkReader) throws -> (PathSelection, IndexReader) {
    let selection = try PathSelection(request.paths)
    let reader = try IndexReader(root: request.point.index, chunks: chunks)
    // An index that can't be read at all is found before anything is written.
    _ = try reader.entry(at: [0x2E])
    try selection.requireEntries(in: reader, of: request.point)
    return (selection, reader)
  }

  private func marker(_ selection: PathSelection) throws -> RestoreMarker {
    try RestoreMarker(request.point, store: request.store, selection: selection)
  }

  /// Restores on threads of its own and waits.
  ///
  /// Nothing is written outside the target, whatever the index says, and nothing in it is deleted. What is restored is on
  /// the medium when this returns. After an interruption a marker in the target lets the same request go on.
  ///
  /// - Returns: what was done; items that failed are in it, and leave no partial file.
  /// - Throws: ``EngineError`` `targetUnusable` before anything is written, `restoreFailed` if the target gets full;
  ///   `RepositoryError` `noSuchEntry` for a path that isn't there, or `damaged` if the index can't be read at all;
  ///   `CancellationError`.
  public func run(progress: RestoreProgress, cancellation: Cancellation) throws -> RestoreReport {
    let begun = clock.elapsed()
    // Few lookups read a few KiB each; for many the tables are worth reading.
    let chunks = try request.store.chunkReader(keepsTables: request.paths.isEmpty)
    let (selection, reader) = try open(chunks)
    let target = try RestoreTarget(
      request.target, marker: try marker(selection), overwrite: request.overwrite)
    let outcome = RestoreOutcome(progress: progress)
    outcome.update {
      $0.isContinued = target.state == .unfinished
      $0.kept = target.nameCount
    }
    do {
      try restore(reader, chunks, selection, target, outcome, cancellation)
    } catch let end as RestoreEnd {
      throw stopped(end.cause)
    } catch let error as SystemError {
      throw stopped(error)
    }
    var report = outcome.report
    if selection.isAll == false { report.kept = 0 }
    report.seconds = (clock.elapsed() - begun).inSeconds
    if request.verify { report.comparison = try compare(ownership: report.notPermitted == 0, cancellation) }
    return report
  }

  private func stopped(_ error: SystemError) -> EngineError {
    let shown = request.target.displayedPath
    return EngineError(
      .restoreFailed, "cannot restore \(request.point.source)@\(request.point.id) to \(shown): \(error.reason)",
      cause: error.cause,
      hint: error.isFull
        ? "free space on the target's disk (`df -h \(shown)`), then run the same command again to go on"
        : "check the target's disk (`dmesg`), then run the same command again to go on")
  }

  private func restore(
    _ reader: IndexReader, _ chunks: ChunkReader, _ selection: PathSelection, _ target: RestoreTarget,
    _ outcome: RestoreOutcome, _ cancellation: Cancellation
  ) throws {
    let metadata = MetadataWriter(outcome: outcome)
    let overwrite = request.overwrite
    let pipeline = RestorePipeline(threads: request.threads) {
      try RestoreWorker(chunks: chunks, metadata: metadata, overwrite: overwrite, cancellation: cancellation)
    }
    // Nothing but the marker: no name can be taken.
    let isNew = try target.root.names().count == 1
    let inherits = try TargetDirectory(existing: target.root).givesAttributes
    let run = RestoreRun(
      root: TargetDirectory(target.root, isNew: isNew, givesAttributes: inherits), reader: reader, chunks: chunks,
      selection: selection, pipeline: pipeline,
      names: NameRestorer(root: target.root, metadata: metadata, overwrite: overwrite), cancellation: cancellation)
    do {
      try run.run()
      pipeline.end()
    } catch {
      pipeline.end(error)
      throw error
    }
    // Deepest first: what is made in a directory changes its time.
    for entry in run.directories.reversed() {
      try cancellation.check()
      finish(entry, in: target.root, metadata)
    }
    try target.finish(isDurable: metadata.durability.isComplete)
    if let entry = run.rootEntry { finish(entry, in: target.root, metadata) }
    try target.root.synchronize()
  }

  private func finish(_ entry: IndexEntry, in root: OpenFile, _ metadata: MetadataWriter) {
    do throws(SystemError) {
      let directory = isRootPath(entry.path[...]) ? root : try root.openDirectoryBeneath(entry.path)
      try metadata.apply(entry, to: directory, replacesAttributes: true)
      try metadata.durability.finish(directory)
      metadata.outcome.finished(entry, written: 0)
    } catch {
      metadata.outcome.failed(entry.path, "its metadata can't be restored: \(error.call): \(error.reason)")
    }
  }

  private func compare(ownership: Bool, _ cancellation: Cancellation) throws -> ComparisonReport {
    var comparison = TreeComparison.Request(
      store: request.store, point: request.point, directory: request.target)
    comparison.paths = request.paths
    comparison.comparesOwnership = ownership
    comparison.reportsExtra = false
    comparison.threads = request.threads
    return try TreeComparison(comparison, clock: clock).run(
      progress: RestoreProgress(), cancellation: cancellation
    ) { _ in }
  }
}
