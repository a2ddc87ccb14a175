public import BackupPolicy
public import BackupRepository
import HostSystem

/// What all archives of a run have in common.
public struct ArchiveSettings: Sendable {
  /// Where points go.
  public var repository: Repository
  /// Sizes, threads and thresholds.
  public var parameters: ArchiveParameters
  /// The host's name.
  public var host: String
  /// Name and version of the program.
  public var tool: String
  /// Who holds the sources' locks.
  public var holder: String

  /// Gathers the settings.
  public init(
    repository: Repository, parameters: ArchiveParameters, host: String, tool: String, holder: String
  ) {
    self.repository = repository
    self.parameters = parameters
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
    request.parameters = WriterParameters(
      compressionLevel: parameters.compressionLevel, frameSize: parameters.frameSize, packSize: parameters.packSize,
      chunkSize: parameters.chunkSize)
    if let threads = parameters.threads { request.threads = threads }
    request.suspiciousBelow = parameters.suspiciousBelow.fraction
    return request
  }
}
