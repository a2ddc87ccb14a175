import BackupModel
import BackupRepository
import HostSystem

/// The file system's side of one part of a restore in place: its directory beside the tree, and the exchanges.
struct PlaceExchange {
  let part: RestoreRecord.Part

  /// Names of two empty directories that are exchanged to see whether the file system is able to.
  private static let probes = [PathBytes(path: "probe-1"), PathBytes(path: "probe-2")]

  /// The directory that the tree is restored to, as a path.
  var tree: PathBytes { part.place.bytes + [0x2F] + RestorePlace.tree }

  // MARK: - The place

  /// Makes the place if it isn't there, and makes sure that the file system can exchange names.
  func make() throws(SystemError) {
    let (above, name) = split(part.place.bytes)
    let directory = try OpenFile.open(above, .directory)
    do throws(SystemError) {
      try directory.makeDirectory(name, permissions: 0o700)
      try directory.synchronize()
    } catch {
      guard error.isExisting else { throw error }
    }
    let place = try directory.open(name, .directory)
    for probe in Self.probes {
      do throws(SystemError) {
        try place.makeDirectory(probe, permissions: 0o700)
      } catch {
        guard error.isExisting else { throw error }
      }
    }
    try place.exchange(Self.probes[0], with: Self.probes[1], in: place)
    for probe in Self.probes { try place.removeDirectory(probe) }
  }

  /// Whether the place is there.
  func exists() throws(SystemError) -> Bool {
    let (above, name) = split(part.place.bytes)
    do throws(SystemError) {
      return try OpenFile.open(above, .directory).status(of: name).kind == .directory
    } catch {
      if error.isMissing { return false }
      throw error
    }
  }

  /// Removes the place with all in it; nothing if it isn't there.
  func remove() throws(SystemError) {
    let (above, name) = split(part.place.bytes)
    let directory: OpenFile
    do throws(SystemError) {
      directory = try OpenFile.open(above, .directory)
      try directory.open(name, .directory).removeContents()
      try directory.removeDirectory(name)
    } catch {
      if error.isMissing { return }
      throw error
    }
    try directory.synchronize()
  }

  // MARK: - Exchanges

  /// What is to be exchanged, now that the tree is restored.
  ///
  /// A path whose directories aren't there in the live tree is exchanged at the first of them that is missing.
  /// - Throws: `SystemError`, `ENOTDIR` or `ELOOP` if something else than a directory is on the way to a path.
  func findExchanges() throws(SystemError) -> [RestoreExchange] {
    if let root = part.root { return try findNames(root) }
    var paths = part.paths.map(\.bytes)
    if paths.isEmpty {
      paths = [[]]
    } else {
      let live = try OpenFile.open(part.live.bytes, .directory)
      var topmost: [PathBytes] = []
      for path in paths {
        let top = try Self.firstMissing(of: path, in: live)
        if !topmost.contains(top) { topmost.append(top) }
      }
      paths = topmost
    }
    var exchanges: [RestoreExchange] = []
    for path in paths {
      let item = RestoreExchange(path: JournaledPath(path), old: nil, new: nil)
      guard let new = try inode(besideOf: item) else {
        throw SystemError(call: "fstatat", errno: 2, path: path.displayedPath)
      }
      exchanges.append(RestoreExchange(path: item.path, old: try inode(liveOf: item), new: new))
    }
    return exchanges
  }

  private static func firstMissing(of path: PathBytes, in live: OpenFile) throws(SystemError) -> PathBytes {
    for (index, byte) in path.enumerated() where byte == 0x2F {
      do throws(SystemError) {
        _ = try live.openDirectoryBeneath(Array(path[..<index]))
      } catch {
        if error.isMissing { return Array(path[..<index]) }
        throw error
      }
    }
    return path
  }

  /// Which of the two things is live now.
  func side(of item: RestoreExchange) throws(SystemError) -> RestoreExchange.Side {
    item.side(live: try inode(liveOf: item), beside: try inode(besideOf: item))
  }

  /// Lets the two change places, by one system call, and waits until that is on the medium; of a root that stays
  /// ``settle(_:back:)`` waits for all of them.
  ///
  /// - Parameter back: whether it is the way back, on which what was added is taken away again.
  func exchange(_ item: RestoreExchange, back: Bool) throws(SystemError) {
    let (live, liveName) = try liveParent(of: item)
    let (beside, besideName) = try besideParent(of: item)
    let times = try (Self.time(of: liveName, in: live), Self.time(of: besideName, in: beside))
    if item.old != nil, item.new != nil {
      try live.exchange(liveName, with: besideName, in: beside)
    } else if (item.old == nil) == back {
      try live.renameToNew(liveName, as: besideName, in: beside)
    } else {
      try beside.renameToNew(besideName, as: liveName, in: live)
    }
    try Self.keep(times.0, of: besideName, in: beside)
    try Self.keep(times.1, of: liveName, in: live)
    guard part.root == nil else { return }
    try live.synchronize()
    try beside.synchronize()
  }

  /// The time of a directory; nil for anything else, and for nothing.
  private static func time(of name: PathBytes, in directory: OpenFile) throws(SystemError) -> Timestamp? {
    do throws(SystemError) {
      let status = try directory.status(of: name)
      return status.kind == .directory ? status.modified : nil
    } catch {
      if error.isMissing { return nil }
      throw error
    }
  }

  /// Gives a directory that was moved the time that it had: XFS counts its new `..` as a change of it.
  private static func keep(_ time: Timestamp?, of name: PathBytes, in directory: OpenFile) throws(SystemError) {
    guard let time, try directory.status(of: name).modified != time else { return }
    try directory.setModified(of: name, time)
  }

  func inode(liveOf item: RestoreExchange) throws(SystemError) -> UInt64? {
    try Self.inode { () throws(SystemError) in try liveParent(of: item) }
  }

  func inode(besideOf item: RestoreExchange) throws(SystemError) -> UInt64? {
    try Self.inode { () throws(SystemError) in try besideParent(of: item) }
  }

  private static func inode(
    _ find: () throws(SystemError) -> (OpenFile, PathBytes)
  ) throws(SystemError) -> UInt64? {
    do throws(SystemError) {
      let (directory, name) = try find()
      return try directory.status(of: name).inode
    } catch {
      if error.isMissing { return nil }
      throw error
    }
  }

  private func liveParent(of item: RestoreExchange) throws(SystemError) -> (OpenFile, PathBytes) {
    if item.path.bytes.isEmpty {
      let (above, name) = split(part.live.bytes)
      return (try OpenFile.open(above, .directory), name)
    }
    return try Self.parent(of: item.path.bytes, in: try OpenFile.open(part.live.bytes, .directory))
  }

  private func besideParent(of item: RestoreExchange) throws(SystemError) -> (OpenFile, PathBytes) {
    if item.path.bytes.isEmpty { return (try OpenFile.open(part.place.bytes, .directory), RestorePlace.tree) }
    return try Self.parent(of: item.path.bytes, in: try OpenFile.open(tree, .directory))
  }

  private static func parent(of path: PathBytes, in root: OpenFile) throws(SystemError) -> (OpenFile, PathBytes) {
    let above = parentPath(of: path).map(Array.init) ?? [0x2E]
    let directory = isRootPath(above[...]) ? root : try root.openDirectoryBeneath(above)
    return (directory, lastComponent(of: path))
  }

  /// The directory of an absolute path, and its last component.
  private func split(_ path: PathBytes) -> (above: PathBytes, name: PathBytes) {
    guard let slash = path.lastIndex(of: 0x2F) else { return ([0x2E], path) }
    return (slash == 0 ? [0x2F] : Array(path[..<slash]), Array(path[(slash + 1)...]))
  }
}
