import BackupArchive
public import HostSystem
import Synchronization

/// A repository's files in a directory.
public struct FileStorage: RepositoryStorage {
  /// Where the repository is.
  public let location: String
  /// Whether finished files are to be protected.
  public let protectsFiles: Bool
  private let root: OpenFile

  /// Opens an existing directory.
  ///
  /// - Throws: `SystemError`.
  public init(directory: PathBytes, protectsFiles: Bool = false) throws(SystemError) {
    root = try OpenFile.open(directory, .directoryFollowing)
    location = directory.displayedPath
    self.protectsFiles = protectsFiles
  }

  /// The open directory.
  public var directory: OpenFile? { root }

  /// Makes a directory and those above it, durably.
  public func makeDirectories(_ path: String) throws {
    var made = ""
    for component in path.split(separator: "/") {
      let parent = made
      made += made.isEmpty ? String(component) : "/\(component)"
      do throws(SystemError) {
        try root.makeDirectory(Array(made.utf8), permissions: 0o700)
      } catch {
        if error.isExisting { continue }
        throw RepositoryError.writing(made, error)
      }
      try synchronizeDirectory(parent)
    }
  }

  /// Begins a new file, replacing an unfinished one of the same name.
  public func createFile(_ path: String) throws -> any StorageFile {
    do throws(SystemError) {
      do throws(SystemError) {
        return WrittenFile(try root.open(Array(path.utf8), .newFile(permissions: 0o600)), path: path)
      } catch {
        guard error.isExisting else { throw error }
        try root.unlink(Array(path.utf8))
        return WrittenFile(try root.open(Array(path.utf8), .newFile(permissions: 0o600)), path: path)
      }
    } catch {
      throw RepositoryError.writing(path, error)
    }
  }

  /// Gives a file its final name.
  public func rename(_ from: String, to target: String) throws {
    do throws(SystemError) {
      try root.rename(Array(from.utf8), to: Array(target.utf8))
    } catch {
      throw RepositoryError.writing(target, error)
    }
  }

  /// Removes a file.
  public func remove(_ path: String) throws {
    do throws(SystemError) {
      try root.unlink(Array(path.utf8))
    } catch {
      throw RepositoryError.writing(path, error)
    }
  }

  /// Protects a file, or lifts its protection.
  public func protect(_ path: String, _ protection: FileProtection) throws {
    do throws(SystemError) {
      let file = try root.open(Array(path.utf8), .readOwn)
      let (immutable, appendOnly) = (protection == .immutable, protection == .appendOnly)
      do throws(SystemError) {
        let flags = try file.protection()
        guard flags.immutable != immutable || flags.appendOnly != appendOnly else { return }
        try file.setProtection(immutable: immutable, appendOnly: appendOnly)
      } catch {
        // Where there is no such thing, nothing is protected either.
        guard protection == .none, error.isUnsupported else { throw error }
      }
    } catch {
      throw RepositoryError(
        .writeFailed,
        protection == .none
          ? "cannot lift the protection of \(path) in the repository: \(error.reason)"
          : "cannot protect \(path) in the repository: \(error.reason)", cause: error.cause,
        hint: error.isDenied
          ? "run it as root: only that may make files immutable"
          : error.isUnsupported
            ? "take `immutable: true` out of the configuration, or put the repository on ext4, xfs or btrfs" : nil)
    }
  }

  /// Makes the names in a directory durable.
  public func synchronizeDirectory(_ path: String) throws {
    do throws(SystemError) {
      let directory = path.isEmpty ? root : try root.open(Array(path.utf8), .directoryFollowing)
      try directory.synchronize()
    } catch {
      throw RepositoryError.writing(path, error)
    }
  }

  /// Appends to a file, making it if it isn't there.
  public func append(_ bytes: [UInt8], to path: String) throws {
    do throws(SystemError) {
      let file = try root.open(Array(path.utf8), .append(permissions: 0o600))
      try file.write(bytes)
      try file.synchronize()
      try file.close()
    } catch {
      throw RepositoryError.writing(path, error)
    }
  }

  /// The names in a directory, sorted; nil if there is none.
  public func list(_ path: String) throws -> [String]? {
    do throws(SystemError) {
      let directory = try root.open(path.isEmpty ? [0x2E] : Array(path.utf8), .directoryFollowing)
      return try directory.names().map { String(decoding: $0, as: UTF8.self) }.sorted()
    } catch {
      if error.isMissing || error.isNotDirectory { return nil }
      throw RepositoryError.reading(path, error)
    }
  }

  /// The bytes of a file; nil if there is none.
  public func read(_ path: String, limit: Int) throws -> [UInt8]? {
    do throws(SystemError) {
      let file = try root.open(Array(path.utf8), .readOwn)
      let size = try file.status().size
      guard size <= limit else {
        throw SystemError(call: "read", errno: 27, path: path)
      }
      // Asking for no more than there is: the room for what is asked is filled with zeros first.
      return try file.contents(at: 0, count: Int(size))
    } catch {
      if error.isMissing { return nil }
      throw RepositoryError.reading(path, error)
    }
  }

  /// Opens a file for reading.
  public func open(_ path: String) throws -> OpenFile {
    do throws(SystemError) {
      return try root.open(Array(path.utf8), .readOwn)
    } catch {
      throw RepositoryError.reading(path, error)
    }
  }

  /// Opens a file to lock it.
  public func openLock(_ path: String) throws -> OpenFile {
    do throws(SystemError) {
      return try root.open(Array(path.utf8), .openOrCreate(permissions: 0o600))
    } catch {
      throw RepositoryError.writing(path, error)
    }
  }
}

/// A file being written; starts the write-back of large files early, so that the fsync at the end is short.
private final class WrittenFile: StorageFile {
  private let file: OpenFile
  private let path: String
  // Offsets are touched by the one thread that writes the file.
  private let offsets = Mutex((end: Int64(0), started: Int64(0)))

  init(_ file: OpenFile, path: String) {
    self.file = file
    self.path = path
  }

  func write(_ bytes: [UInt8]) throws {
    do throws(SystemError) {
      try file.write(bytes)
    } catch {
      throw RepositoryError.writing(path, error)
    }
    let range = offsets.withLock { offsets -> (Int64, Int64)? in
      offsets.end += Int64(bytes.count)
      guard offsets.end - offsets.started >= 8 << 20 else { return nil }
      defer { offsets.started = offsets.end }
      return (offsets.started, offsets.end - offsets.started)
    }
    if let (start, length) = range { file.startWriteback(offset: start, length: length) }
  }

  func synchronize() throws {
    do throws(SystemError) { try file.synchronize() } catch { throw RepositoryError.writing(path, error) }
  }

  func close() throws {
    do throws(SystemError) { try file.close() } catch { throw RepositoryError.writing(path, error) }
  }
}
