public import BackupArchive
public import HostSystem

/// A file of the repository that is being written.
public protocol StorageFile: PackOutput {
  /// Writes what is in memory to the medium and waits.
  func synchronize() throws
  /// Closes the file; an error of a late write counts.
  func close() throws
}

/// The operations on files that a repository is made of; paths are relative to it.
///
/// One real implementation is ``FileStorage``; tests wrap it to fail or stop at the n-th operation.
public protocol RepositoryStorage: Sendable {
  /// Where the repository is, for messages.
  var location: String { get }
  /// The open directory of the repository, so that an archive never enters it; nil if there is none.
  var directory: OpenFile? { get }
  /// Whether finished files are to be protected; see ``FileProtection``.
  var protectsFiles: Bool { get }
  /// Protects a file, or lifts its protection; it is no error if it is so already.
  ///
  /// - Throws: ``RepositoryError`` `writeFailed`. That a file system knows no protection is an error only where there should be some.
  func protect(_ path: String, _ protection: FileProtection) throws
  /// Makes a directory and those above it, durably; it is no error if they exist.
  func makeDirectories(_ path: String) throws
  /// Begins a new file, replacing an unfinished one of the same name.
  func createFile(_ path: String) throws -> any StorageFile
  /// Gives a file its final name, replacing what bore it.
  func rename(_ from: String, to target: String) throws
  /// Removes a file.
  func remove(_ path: String) throws
  /// Makes the names in a directory durable.
  func synchronizeDirectory(_ path: String) throws
  /// Appends to a file, making it if it isn't there.
  func append(_ bytes: [UInt8], to path: String) throws
  /// The names in a directory, sorted; nil if there is no such directory.
  func list(_ path: String) throws -> [String]?
  /// The bytes of a file; nil if there is none.
  ///
  /// - Parameter limit: a larger file is damaged.
  func read(_ path: String, limit: Int) throws -> [UInt8]?
  /// Opens a file for reading.
  func open(_ path: String) throws -> OpenFile
  /// Opens a file to lock it, making it if it isn't there; a repository that can't be written is opened read-only.
  func openLock(_ path: String) throws -> OpenFile
}

extension RepositoryStorage {
  /// Writes a whole file durably: `.part`, fsync, rename, fsync of the directory.
  ///
  /// A crash leaves either the old state or the new one, and perhaps a `.part` that nobody reads.
  func writeDurably(_ bytes: [UInt8], to path: String) throws {
    let file = try createFile(path + ".part")
    try file.write(bytes)
    try file.synchronize()
    try file.close()
    try publish(path)
  }

  /// Gives a finished `.part` its name and makes the name durable.
  func publish(_ path: String) throws {
    try rename(path + ".part", to: path)
    try synchronizeDirectory(parentPath(path))
  }
}

/// The path without its last component; empty at the top.
func parentPath(_ path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "" }
  return String(path[..<slash])
}
