import BackupModel
import BackupRepository
import HostSystem

/// The exchange of all names in a directory that stays itself.
///
/// What was noted of a name may be outdated when its turn comes, as programs replace files all the time. As in a tree that is
/// exchanged as a whole, what is there now counts: it is kept, or it stays.
extension PlaceExchange {
  /// What a name at the top of a tree stands for.
  struct Name: Hashable {
    let name: PathBytes
    let inode: UInt64
  }

  static let lostAndFound = PathBytes(path: "lost+found")

  /// The names in a live directory that are of its tree: without the places of restores, and at the top of a file system
  /// without `lost+found`, which is its own.
  static func names(in live: OpenFile, isMountPoint: Bool) throws(SystemError) -> [Name] {
    var found: [Name] = []
    for name in try live.names() {
      do throws(SystemError) {
        let status = try live.status(of: name)
        let mayStay = RestorePlace.isName(name) || (isMountPoint && name == lostAndFound)
        if mayStay, status.kind == .directory { continue }
        found.append(Name(name: name, inode: status.inode))
      } catch {
        // Gone since the directory was read.
        guard error.isMissing else { throw error }
      }
    }
    return found
  }

  private func liveNames(_ root: StayingRoot) throws(SystemError) -> [Name] {
    try Self.names(in: try OpenFile.open(part.live.bytes, .directory), isMountPoint: root.isMountPoint)
  }

  /// What is to be exchanged: each name that the live directory has, or the restored one, or both.
  func findNames(_ root: StayingRoot) throws(SystemError) -> [RestoreExchange] {
    let live = try OpenFile.open(part.live.bytes, .directory)
    var exchanges: [PathBytes: RestoreExchange] = [:]
    for name in try Self.names(in: live, isMountPoint: root.isMountPoint) {
      exchanges[name.name] = RestoreExchange(path: JournaledPath(name.name), old: name.inode, new: nil)
    }
    let beside = try OpenFile.open(tree, .directory)
    for name in try beside.names() {
      let inode = try beside.status(of: name).inode
      if exchanges[name] != nil {
        exchanges[name]?.new = inode
      } else if try !stays(name, in: live, root) {
        exchanges[name] = RestoreExchange(path: JournaledPath(name), old: nil, new: inode)
      }
    }
    return exchanges.values.sorted { $0.path.bytes.lexicographicallyPrecedes($1.path.bytes) }
  }

  /// Whether the file system has a `lost+found` of its own, in whose place none is put.
  private func stays(_ name: PathBytes, in live: OpenFile, _ root: StayingRoot) throws(SystemError) -> Bool {
    guard root.isMountPoint, name == Self.lostAndFound else { return false }
    do throws(SystemError) {
      return try live.status(of: name).kind == .directory
    } catch {
      if error.isMissing { return false }
      throw error
    }
  }

  /// The same exchanges where something else is under a live name than was noted: what is there now is taken for it.
  ///
  /// Which of the two was live is told by what is beside. Where that is neither, nothing is changed.
  func adopting() throws(SystemError) -> [RestoreExchange] {
    var adopted: [RestoreExchange] = []
    for item in part.exchanges {
      var item = item
      let (live, beside) = (try inode(liveOf: item), try inode(besideOf: item))
      if item.side(live: live, beside: beside) == .unknown {
        if beside == item.new { item.old = live } else if beside == item.old { item.new = live }
      }
      // What is on neither side any more needs no exchange.
      if item.old != nil || item.new != nil { adopted.append(item) }
    }
    return adopted
  }

  /// Names that are live and in none of the exchanges: they were made since.
  func strays(_ root: StayingRoot, besides exchanges: [RestoreExchange]) throws(SystemError) -> [RestoreExchange] {
    let known = Set(exchanges.map(\.path.bytes))
    var strays: [RestoreExchange] = []
    for name in try liveNames(root) where !known.contains(name.name) {
      var stray = RestoreExchange(path: JournaledPath(name.name), old: nil, new: name.inode)
      stray.old = try inode(besideOf: stray)
      strays.append(stray)
    }
    return strays.sorted { $0.path.bytes.lexicographicallyPrecedes($1.path.bytes) }
  }

  /// Whether the live directory is the one that was noted, and what was restored or kept is there.
  func hasBoth(_ root: StayingRoot) throws(SystemError) -> Bool {
    guard try isThere(root) else { return false }
    do throws(SystemError) {
      _ = try OpenFile.open(tree, .directory)
      return true
    } catch {
      if error.isMissing || error.isNotDirectory { return false }
      throw error
    }
  }

  /// Whether the live directory is the one that was noted.
  func isThere(_ root: StayingRoot) throws(SystemError) -> Bool {
    do throws(SystemError) {
      return try OpenFile.open(part.live.bytes, .directory).status().inode == root.inode
    } catch {
      if error.isMissing || error.isNotDirectory { return false }
      throw error
    }
  }

  /// Gives the directory the metadata that goes with what is live now, and what is kept that of its own; waits until that and all
  /// exchanges are on the medium. May be done again.
  func settle(_ root: StayingRoot, back: Bool) throws(SystemError) {
    let new = root.new ?? root.old
    try (back ? new : root.old).apply(to: try OpenFile.open(tree, .directory))
    try (back ? root.old : new).apply(to: try OpenFile.open(part.live.bytes, .directory))
  }
}
