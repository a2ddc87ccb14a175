import BackupModel
public import BackupRepository
public import HostSystem

/// Compares a directory with a point: content by the hashes of the index, and all metadata.
///
/// Content is read from the directory only; the packs are read for the index alone.
public struct TreeComparison: Sendable {
  /// What is compared, and how.
  public struct Request: Sendable {
    /// Where the point is.
    public var store: SourceStore
    /// The point.
    public var point: RecoveryPoint
    /// Paths as an index has them, each with all below it; empty for everything. They are looked for under the same
    /// relative paths in the directory.
    public var paths: [PathBytes] = []
    /// The directory.
    public var directory: PathBytes
    /// Whether files of the right length and time are taken for equal without reading them.
    public var metadataOnly = false
    /// Whether owners and groups must be the same; false for whoever may not set them.
    public var comparesOwnership = true
    /// Whether what the directory has beyond the point is a difference.
    public var reportsExtra = true
    /// Whether mount points below the directory are taken for empty, as archives that stay on one file system do.
    public var staysOnFileSystem = true
    /// Whether to leave out a path, relative to the directory, with all below it: what the archive left out.
    public var excludes: @Sendable (_ path: ArraySlice<UInt8>, _ isDirectory: Bool) -> Bool = { _, _ in false }
    /// How many threads read and hash.
    public var threads = availableProcessors()

    /// Asks for all of a point to be compared with a directory.
    public init(store: SourceStore, point: RecoveryPoint, directory: PathBytes) {
      self.store = store
      self.point = point
      self.directory = directory
    }
  }

  private let request: Request
  private let clock: any HostClock

  /// Prepares a comparison.
  public init(_ request: Request, clock: any HostClock) {
    self.request = request
    self.clock = clock
  }

  /// Compares on threads of its own and waits.
  ///
  /// - Parameter difference: called with each difference as it is found, from any thread, in no particular order.
  /// - Throws: ``EngineError`` `targetUnusable` if the directory can't be opened; `RepositoryError` if the index can't be read, or
  ///   `noSuchEntry`; `CancellationError`. What differs or can't be read in the directory is no error.
  public func run(
    progress: RestoreProgress, cancellation: Cancellation,
    difference: @escaping @Sendable (TreeDifference) -> Void
  ) throws -> ComparisonReport {
    let begun = clock.elapsed()
    let chunks = try request.store.chunkReader(keepsTables: request.paths.isEmpty)
    let selection = try PathSelection(request.paths)
    let reader = try IndexReader(root: request.point.index, chunks: chunks)
    try selection.requireEntries(in: reader, of: request.point)
    let findings = ComparisonFindings(progress: progress, difference: difference)
    let (comparesContent, comparesOwnership) = (!request.metadataOnly, request.comparesOwnership)
    let root = try openDirectory()
    let pipeline = ComparisonPipeline(threads: request.threads, cancellation: cancellation) {
      EntryComparison(findings, comparesContent: comparesContent, comparesOwnership: comparesOwnership)
    }
    do {
      let merge = TreeMerge(
        findings: findings, selection: selection, reportsExtra: request.reportsExtra, rules: rules,
        cancellation: cancellation
      ) { try pipeline.submit($0) }
      for path in selection.isAll ? [[0x2E]] : selection.paths {
        let entries = EntryStream(root: request.point.index, chunks: chunks, below: path)
        defer { entries.end() }
        try merge.run(path, in: root, entries)
      }
      try pipeline.end()
    } catch {
      // The first error is the one to report; that of ending early is the same.
      try? pipeline.end(error)
      throw error
    }
    var report = findings.report
    report.seconds = (clock.elapsed() - begun).inSeconds
    return report
  }

  private var rules: TreeWalker.Rules {
    var rules = TreeWalker.Rules()
    rules.excludes = request.excludes
    rules.staysOnFileSystem = request.staysOnFileSystem
    return rules
  }

  private func openDirectory() throws -> OpenFile {
    do throws(SystemError) {
      return try OpenFile.open(request.directory, .directoryFollowing)
    } catch {
      throw EngineError(
        .targetUnusable,
        "cannot compare \(request.directory.displayedPath): "
          + (error.isNotDirectory ? "it is not a directory" : error.reason), cause: error.cause)
    }
  }
}
