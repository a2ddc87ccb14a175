public import BackupModel
public import BackupPolicy
public import BackupRepository
public import HostSystem

/// What all archives of a run have in common.
public struct ArchiveSettings: Sendable {
  /// Where points go.
  public var repository: Repository
  /// Sizes and thresholds.
  public var parameters: ArchiveParameters
  /// How much of the machine archives may take.
  public var limits: Limits
  /// What keeps to the limits' rates; nil if there are none.
  public var pacer: Pacer?
  /// The host's name.
  public var host: String
  /// Name and version of the program.
  public var tool: String
  /// Who holds the sources' locks.
  public var holder: String

  /// Gathers the settings.
  public init(
    repository: Repository, parameters: ArchiveParameters, limits: Limits = Limits(), pacer: Pacer? = nil,
    host: String, tool: String, holder: String
  ) {
    self.repository = repository
    self.parameters = parameters
    self.limits = limits
    self.pacer = pacer
    self.host = host
    self.tool = tool
    self.holder = holder
  }

  /// The request to archive a source.
  ///
  /// - Throws: `RepositoryError` if the repository's own directory can't be examined.
  public func request(for source: TreeSource) throws -> TreeArchive.Request {
    var request = TreeArchive.Request(point(for: source.source), path: source.path)
    let excludes = source.excludes
    if !excludes.isEmpty {
      request.excludes = { path, isDirectory in excludes.excludes(path: path, isDirectory: isDirectory) }
    }
    request.staysOnFileSystem = source.staysOnFileSystem
    request.leavesOutDirectoriesAtTop = source.isLooseFiles
    request.forbiddenDirectories = [repository.directory].compactMap { $0 }
    return request
  }

  /// The request to archive a stream.
  ///
  /// - Parameters:
  ///   - source: of the kind stream.
  ///   - file: the name that the content has in the point.
  ///   - mayBeEmpty: whether an output of no bytes is nothing unusual.
  public func request(for source: SourceID, file: String, mayBeEmpty: Bool = false) -> StreamArchive.Request {
    var request = StreamArchive.Request(point(for: source), file: file)
    request.mayBeEmpty = mayBeEmpty
    return request
  }

  /// What an archive of any source of the run is asked for.
  public func point(for source: SourceID) -> PointRequest {
    var point = PointRequest(store: repository.store(source), host: host, tool: tool, holder: holder)
    point.parameters = parameters.ofWriter
    if let threads = limits.threads { point.threads = threads }
    point.pacer = pacer
    point.suspiciousBelow = parameters.suspiciousBelow.fraction
    return point
  }
}

extension ArchiveParameters {
  /// The sizes that a writer of packs goes by.
  public var ofWriter: WriterParameters {
    WriterParameters(
      compressionLevel: compressionLevel, frameSize: frameSize, packSize: packSize, chunkSize: chunkSize)
  }
}
