import BackupModel
import BackupRepository
import HostSystem

/// The directory that a restore writes into, opened once; nothing is ever created outside of it.
final class RestoreTarget {
  /// What was found in the directory.
  enum State: Sendable {
    /// It wasn't there.
    case missing
    /// It is empty.
    case empty
    /// It holds an interrupted restore of the same, which goes on.
    case unfinished
    /// It holds other things, and overwriting was asked for.
    case overwritten
  }

  /// The open directory.
  let root: OpenFile
  /// What was found in it.
  let state: State
  /// How many names were in it, the marker left out.
  let nameCount: Int
  private let marker: OpenFile

  /// Opens a target, makes it if it isn't there, and writes the marker into it.
  ///
  /// - Throws: ``EngineError`` `targetUnusable`.
  init(_ path: PathBytes, marker: RestoreMarker, overwrite: Bool) throws {
    let found = try Self.examine(path, marker: marker, overwrite: overwrite)
    state = found.state
    nameCount = found.nameCount
    do throws(SystemError) {
      if let root = found.root { self.root = root } else { root = try Self.make(path) }
      guard let file = try marker.write(in: root) else {
        throw SystemError(call: "flock", errno: 11, path: path.displayedPath)
      }
      self.marker = file
    } catch {
      throw Self.unusable(path, error)
    }
  }

  private static func make(_ path: PathBytes) throws(SystemError) -> OpenFile {
    // Private until the restore is complete: what is restored may be.
    try OpenFile.open([0x2E], .directoryFollowing).makeDirectory(path, permissions: 0o700)
    return try OpenFile.open(path, .directoryFollowing)
  }

  /// Looks at a target without changing anything.
  ///
  /// - Throws: ``EngineError`` `targetUnusable` if a restore would be refused.
  static func examine(
    _ path: PathBytes, marker: RestoreMarker, overwrite: Bool
  ) throws -> (state: State, root: OpenFile?, nameCount: Int) {
    do {
      let root = try OpenFile.open(path, .directoryFollowing)
      let all = try root.names()
      // Every file system of its own has one at its top.
      let names = all.filter { $0 != RestoreMarker.name && $0 != PathBytes(path: "lost+found") }
      let present = try RestoreMarker.read(in: root)
      if let present, present == marker.bytes { return (.unfinished, root, names.count) }
      if names.isEmpty { return (.empty, root, 0) }
      if overwrite { return (.overwritten, root, names.count) }
      throw Self.occupied(path, marker: present)
    } catch let error as SystemError {
      if error.isMissing {
        try requireParent(of: path)
        return (.missing, nil, 0)
      }
      throw unusable(path, error)
    }
  }

  private static func requireParent(of path: PathBytes) throws {
    var parent = path
    while parent.count > 1, parent.last == 0x2F { parent.removeLast() }
    parent.removeLast(parent.count - (parent.lastIndex(of: 0x2F).map { max($0, 1) } ?? 0))
    guard !parent.isEmpty else { return }
    do throws(SystemError) {
      _ = try OpenFile.open(parent, .directoryFollowing)
    } catch {
      throw EngineError(
        .targetUnusable, "cannot restore to \(path.displayedPath): \(parent.displayedPath): \(error.reason)",
        cause: error.cause,
        hint: error.isMissing ? "check the path, or make the directory above it first" : nil)
    }
  }

  private static func occupied(_ path: PathBytes, marker: [UInt8]?) -> EngineError {
    let shown = path.displayedPath
    if let marker {
      return EngineError(
        .targetUnusable,
        "cannot restore to \(shown): it holds an unfinished restore of \(RestoreMarker.describe(marker))",
        hint: "finish that one by running its command again, or choose another directory")
    }
    return EngineError(
      .targetUnusable, "cannot restore to \(shown): the directory isn't empty",
      hint: "choose another directory (it need not exist yet), or give --overwrite: "
        + "files that differ are overwritten then, nothing is deleted")
  }

  private static func unusable(_ path: PathBytes, _ error: SystemError) -> EngineError {
    if error.call == "flock" {
      return EngineError(
        .targetUnusable, "cannot restore to \(path.displayedPath): another restore is writing to it",
        hint: "wait until it has ended, or choose another directory")
    }
    return EngineError(
      .targetUnusable,
      "cannot restore to \(path.displayedPath): \(error.isNotDirectory ? "it is not a directory" : error.reason)",
      cause: error.cause, hint: error.isFull ? "free space there, or choose another directory" : nil)
  }

  /// Makes sure that all is on the medium, then removes the marker.
  ///
  /// - Parameter isDurable: whether everything is there already but the names in the root.
  func finish(isDurable: Bool) throws(SystemError) {
    if isDurable { try root.synchronize() } else { try root.synchronizeFileSystem() }
    try RestoreMarker.remove(in: root)
  }
}
