import BackupArchive
import BackupModel
public import BackupRepository
public import HostSystem

/// Archives a tree: makes one recovery point of a directory and all below it.
public struct TreeArchive: Sendable {
  /// What is archived, and how.
  public struct Request: Sendable {
    /// Where the point goes, and how it is written.
    public var point: PointRequest
    /// The directory; may be a symbolic link to one.
    public var path: PathBytes
    /// Whether to leave out a path, relative to the directory, with all below it.
    public var excludes: @Sendable (_ path: ArraySlice<UInt8>, _ isDirectory: Bool) -> Bool = { _, _ in false }
    /// Whether mount points below the directory are archived as empty directories.
    public var staysOnFileSystem = true
    /// Whether directories directly below are left out, because they are sources of their own.
    public var leavesOutDirectoriesAtTop = false
    /// Directories that must never be entered: the repository.
    public var forbiddenDirectories: [OpenFile] = []

    /// Asks for a directory to be archived.
    public init(_ point: PointRequest, path: PathBytes) {
      self.point = point
      self.path = path
    }
  }

  private let request: Request
  private let clock: any HostClock

  /// Prepares an archive.
  public init(_ request: Request, clock: any HostClock) {
    self.request = request
    self.clock = clock
  }

  /// Archives the tree on threads of its own and waits.
  ///
  /// - Returns: the published point.
  /// - Throws: ``EngineError`` `sourceUnreadable` if the directory itself can't be read; `RepositoryError` if another process
  ///   holds the source or the repository can't be written; `CancellationError`. No point is published then, and
  ///   what was sealed serves the next attempt.
  public func run(progress: ArchiveProgress, cancellation: Cancellation) throws -> RecoveryPoint {
    let begun = clock.now()
    let (root, origin) = try openSource()
    let point = PointArchive(
      request: request.point, begun: begun, origin: origin,
      rules: SuspicionRules(
        collapseShare: request.point.suspiciousBelow, mayBeEmpty: request.leavesOutDirectoriesAtTop),
      clock: clock)
    return try point.run(progress: progress) { writer, context, committer in
      if writer.isFirst { context.claims.beginAnew() }
      try archive(root, writer, context, &committer, cancellation)
    }
  }

  private func openSource() throws -> (OpenFile, RecoveryPoint.Origin) {
    do throws(SystemError) {
      let root = try OpenFile.open(request.path, .directoryFollowing)
      // Listing proves that it can be read before anything is written.
      var buffer = [UInt8](repeating: 0, count: 4096)
      _ = try OpenFile.open(request.path, .directoryFollowing).readNames(into: &buffer) { _, _ in }
      let resolved = try MountTable.current().withoutBindMount(try root.resolvedPath())
      return (
        root, RecoveryPoint.Origin(path: request.path.displayedPath, resolvedPath: resolved.displayedPath)
      )
    } catch {
      let isFile = error.isNotDirectory
      throw EngineError(
        .sourceUnreadable,
        "cannot archive \(request.path.displayedPath): \(isFile ? "it is not a directory" : error.reason)",
        cause: error.cause,
        hint: isFile
          ? "give the directory that holds it; restore single files with `--path`"
          : error.isMissing ? "check the path, and that the file system is mounted (`findmnt`)" : nil)
    }
  }

  private func archive(
    _ root: OpenFile, _ writer: PointWriter, _ context: ArchiveContext, _ committer: inout ArchiveCommitter,
    _ cancellation: Cancellation
  ) throws {
    var rules = TreeWalker.Rules()
    rules.excludes = request.excludes
    rules.staysOnFileSystem = request.staysOnFileSystem
    rules.leavesOutDirectoriesAtTop = request.leavesOutDirectoriesAtTop
    for directory in request.forbiddenDirectories {
      let status = try directory.status()
      rules.forbiddenDirectories.insert(
        TreeWalker.DirectoryIdentity(device: status.device, inode: status.inode))
    }
    let pipeline = ArchivePipeline(context, threads: request.point.threads)
    let planning = PlanningThreads(
      root: root, rules: rules, previous: writer.previousIndex, context: context, pipeline: pipeline,
      cancellation: cancellation)
    defer {
      planning.join()
      pipeline.join()
    }
    do {
      while let result = try pipeline.nextResult() { try committer.commit(result) }
    } catch {
      pipeline.complete(error)
      throw error
    }
  }
}
