import BackupModel
import HostSystem

/// A directory for short-lived files, locked while it is used and removed with all it holds.
struct ScratchDirectory {
  /// The directory's path.
  let path: PathBytes
  private let parent: OpenFile
  private let name: PathBytes
  private let directory: OpenFile
  /// EBUSY: another process has the directory.
  static let held: Int32 = 16

  /// Makes the directory, or takes over one that a killed process left and empties it.
  ///
  /// - Parameters:
  ///   - needed: how much room its content needs.
  ///   - holder: who holds it if somebody does.
  /// - Throws: ``EngineError`` `targetUnusable`.
  init(
    in parent: PathBytes, name: String, needed: ByteCount,
    holder: String = "another drill of the same source is running"
  ) throws {
    let shown = "\(parent.displayedPath)/\(name)"
    do throws(SystemError) {
      try self.init(taking: name, in: parent)
      try empty()
    } catch {
      throw EngineError(
        .targetUnusable, "cannot use the scratch directory \(shown): \(error.reason)", cause: error.cause,
        hint: error.errno == Self.held ? holder : "give another place with `--scratch`")
    }
    let available = try directory.space().available
    guard available.bytes > needed.bytes else {
      remove()
      throw EngineError(
        .targetUnusable,
        "cannot restore to \(parent.displayedPath): \(needed) are needed, \(available) are free",
        hint: "give a place with more room with `--scratch`")
    }
  }

  /// Makes the directory, or takes over one that a killed process left, with everything in it.
  ///
  /// - Throws: `SystemError`, with the number ``held`` if another process has it.
  init(taking name: String, in parent: PathBytes) throws(SystemError) {
    self.name = Array(name.utf8)
    path = parent + [0x2F] + self.name
    self.parent = try OpenFile.open(parent, .directoryFollowing)
    do throws(SystemError) {
      try self.parent.makeDirectory(self.name, permissions: 0o700)
    } catch {
      guard error.isExisting else { throw error }
    }
    directory = try self.parent.open(self.name, .directory)
    guard try directory.tryLock(exclusive: true) else {
      throw SystemError(call: "flock", errno: Self.held, path: path.displayedPath)
    }
  }

  /// Removes everything in the directory.
  func empty() throws(SystemError) { try directory.removeContents() }

  /// Removes the directory. What can't be removed is left to the next drill of the same source.
  func remove() {
    do throws(SystemError) {
      try directory.removeContents()
      try parent.removeDirectory(name)
    } catch {
      // A drill's result doesn't depend on it, and the next one begins by emptying the same directory.
    }
  }
}
