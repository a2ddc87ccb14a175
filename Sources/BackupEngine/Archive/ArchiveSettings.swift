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
    var request = TreeArchive.Request(
      store: repository.store(source.source), path: source.path, host: host, tool: tool, holder: holder)
    let excludes = source.excludes
    if !excludes.isEmpty {
      request.excludes = { path, isDirectory in excludes.excludes(path: path, isDirectory: isDirectory) }
    }
    request.staysOnFileSystem = source.staysOnFileSystem
    request.leavesOutDirectoriesAtTop = source.isLooseFiles
    request.forbiddenDirectories = [repository.directory].compactMap { $0 }
    request.parameters = writerParameters
    if let threads = limits.threads { request.threads = threads }
    request.pacer = pacer
    request.suspiciousBelow = parameters.suspiciousBelow.fraction
    return request
  }

  /// The request to archive a stream.
  ///
  /// - Parameters:
  ///   - source: of the kind stream.
  ///   - file: the name that the content has in the point.
  ///   - mayBeEmpty: whether an output of no bytes is nothing unusual.
  public func request(for source: SourceID, file: String, mayBeEmpty: Bool = false) -> StreamArchive.Request {
    var request = StreamArchive.Request(
      store: repository.store(source), file: file, host: host, tool: tool, holder: holder)
    request.mayBeEmpty = mayBeEmpty
    request.pacer = pacer
    request.parameters = writerParameters
    if let threads = limits.threads { request.threads = threads }
    request.suspiciousBelow = parameters.suspiciousBelow.fraction
    return request
  }

  private var writerParameters: WriterParameters {
    WriterParameters(
      compressionLevel: parameters.compressionLevel, frameSize: parameters.frameSize, packSize: parameters.packSize,
      chunkSize: parameters.chunkSize)
  }
}
