import BackupCatalog
import BackupModel
import BackupRepository
import HostSystem

/// A named pipe in a directory of its own, into which a plug-in writes the content of a stream.
///
/// Both ends are open here, so neither side waits for the other to come: a plug-in that never opens it does no harm.
struct StreamFIFO: Sendable {
  /// The pipe's path, absolute.
  let path: PathBytes
  let reading: OpenFile
  let writing: OpenFile
  private let directory: ScratchDirectory
  private let leasing: Leasing?
  private let lease: Lease?

  private static let name = PathBytes(path: "content")

  /// Makes the pipe.
  ///
  /// - Parameter parent: where its directory is made.
  /// - Throws: `EngineError` `targetUnusable`; `SystemError`.
  init(in parent: PathBytes, for source: SourceID, repository: Repository, leasing: Leasing?) throws {
    let identity = ChunkID(of: Array("\(repository.description.id) \(source)".utf8))
    let name = "backupctl-stream-\(identity.description.prefix(16))"
    let place = parent + [0x2F] + Array(name.utf8)
    self.leasing = leasing
    lease = try leasing?.claimScratch(place)
    do {
      directory = try ScratchDirectory(
        in: parent, name: name, needed: .zero, holder: "another run writes the same stream")
    } catch {
      if let leasing, let lease { try leasing.release(lease, ifGone: place) }
      throw error
    }
    do throws(SystemError) {
      let opened = try OpenFile.open(directory.path, .directory)
      try opened.makeNode(Self.name, kind: .fifo, permissions: 0o600, device: DeviceNumber(major: 0, minor: 0))
      // The reading end first: it doesn't wait for a writer, while a writer would wait for a reader.
      reading = try opened.open(Self.name, .read)
      writing = try opened.open(Self.name, .update)
      path = try opened.resolvedPath() + [0x2F] + Self.name
    } catch {
      directory.remove()
      if let leasing, let lease { try leasing.release(lease, ifGone: place) }
      throw error
    }
  }

  /// Removes pipe and directory, and ends their lease.
  ///
  /// - Throws: `CatalogError`; the lease stays then, and a later run ends it.
  func remove() throws {
    directory.remove()
    if let leasing, let lease { try leasing.release(lease, ifGone: directory.path) }
  }
}
