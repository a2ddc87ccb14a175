public import BackupModel
import FoundationEssentials
public import HostSystem

/// The store on the backup disk.
public struct Repository: Sendable {
  /// What `repository.json` says.
  public let description: RepositoryDescription
  /// Where it is, for messages.
  public var location: String { storage.location }
  /// The open directory of the repository; nil if it has none.
  public var directory: OpenFile? { storage.directory }
  let storage: any RepositoryStorage

  private static let descriptionLimit = 1 << 20

  /// Opens the repository of a storage.
  ///
  /// - Throws: ``RepositoryError`` `missing`, `formatTooNew`, `damaged`, `readFailed`.
  public init(storage: any RepositoryStorage) throws {
    self.storage = storage
    guard let bytes = try storage.read("repository.json", limit: Self.descriptionLimit) else {
      throw RepositoryError(
        .missing, "cannot open the repository \(storage.location): there is no repository.json",
        hint: "make a repository with `backupctl init \(storage.location)`, or check that the disk is mounted")
    }
    description = try RepositoryDescription.decode(bytes, location: storage.location)
  }

  /// Opens the repository in a directory.
  ///
  /// - Parameter protectsFiles: whether writers protect what is finished; see ``FileProtection``.
  /// - Throws: ``RepositoryError``.
  public static func open(_ directory: PathBytes, protectsFiles: Bool = false) throws -> Repository {
    try Repository(storage: try openStorage(directory, protectsFiles: protectsFiles))
  }

  private static func openStorage(_ directory: PathBytes, protectsFiles: Bool = false) throws -> FileStorage {
    do throws(SystemError) {
      return try FileStorage(directory: directory, protectsFiles: protectsFiles)
    } catch {
      throw RepositoryError(
        .missing, "cannot open the repository \(directory.displayedPath): \(error.reason)", cause: error.cause,
        hint: "check that the backup disk is mounted (`findmnt`), or make one with `backupctl init`")
    }
  }

  /// Makes a repository in a directory, which is made if it isn't there and must be empty otherwise.
  ///
  /// - Throws: ``RepositoryError`` `exists`, `writeFailed`.
  public static func create(
    _ directory: PathBytes, id: String, created: Timestamp, tool: String
  ) throws -> Repository {
    let shown = directory.displayedPath
    do throws(SystemError) {
      let here = try OpenFile.open([0x2E], .directoryFollowing)
      do throws(SystemError) {
        try here.makeDirectory(directory, permissions: 0o700)
      } catch {
        guard error.isExisting else { throw error }
      }
    } catch {
      throw RepositoryError(
        .writeFailed, "cannot make the repository \(shown): \(error.reason)", cause: error.cause,
        hint: error.isMissing ? "make the directory above it first, or check that the disk is mounted" : nil)
    }
    let storage = try openStorage(directory)
    let present = try storage.list("") ?? []
    guard present.allSatisfy({ $0 == "lost+found" }) else {
      throw RepositoryError(
        .exists,
        present.contains("repository.json")
          ? "cannot make a repository in \(shown): there is one already"
          : "cannot make a repository in \(shown): the directory isn't empty",
        hint: present.contains("repository.json")
          ? "use it: `backupctl points -r \(shown)`" : "choose an empty directory: it need not exist yet")
    }
    try create(in: storage, RepositoryDescription(id: id, created: created, tool: tool))
    return try Repository(storage: storage)
  }

  /// Writes the files of a new repository; `repository.json` comes last, so that an interrupted one isn't taken for whole.
  static func create(in storage: any RepositoryStorage, _ description: RepositoryDescription) throws {
    try storage.makeDirectories("sources")
    try storage.writeDurably(PackageResources.README_txt, to: "README.txt")
    try storage.writeDurably(PackageResources.rescue_py, to: "rescue.py")
    try storage.writeDurably(try description.encoded(), to: "repository.json")
  }

  /// The store of a source, whether it exists or not.
  public func store(_ source: SourceID) -> SourceStore {
    SourceStore(source: source, repositoryID: description.id, storage: storage)
  }

  /// The sources that have a store, sorted.
  public func sources() throws -> [SourceID] {
    var found: [SourceID] = []
    for kind in SourceKind.allCases { try collect(kind, name: "", into: &found) }
    return found.sorted()
  }

  private func collect(_ kind: SourceKind, name: String, into found: inout [SourceID]) throws {
    let path = name.isEmpty ? "sources/\(kind.rawValue)" : "sources/\(kind.rawValue)/\(name)"
    guard let names = try storage.list(path) else { return }
    if names.contains("points") || names.contains("packs"), let source = SourceID(kind: kind, name: name) {
      found.append(source)
    }
    for child in names where !SourceID.reservedComponents.contains(child) {
      try collect(kind, name: name.isEmpty ? child : "\(name)/\(child)", into: &found)
    }
  }
}
