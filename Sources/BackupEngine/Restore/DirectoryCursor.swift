import BackupRepository
import HostSystem

/// Where in the target a restore is: the directories on the way down to the entry that comes next.
///
/// Entries come in the order of an index, so a directory is entered before what it holds. An entry whose parent wasn't
/// entered has none, whatever the target holds under that name: so an index can't place a file below a symbolic link.
struct DirectoryCursor {
  private struct Level {
    var path: PathBytes
    /// Nil for a directory that isn't held open any more.
    var directory: TargetDirectory?
    var isNew: Bool
    var givesAttributes: Bool
  }

  /// Open directories are limited per process, levels of a tree aren't.
  private static let mostOpen = 100
  private let root: TargetDirectory
  private var levels: [Level] = []

  init(root: TargetDirectory) { self.root = root }

  /// Goes into a directory that holds what comes next.
  mutating func enter(_ path: PathBytes, _ directory: TargetDirectory) {
    levels.append(
      Level(
        path: path, directory: directory, isNew: directory.isNew, givesAttributes: directory.givesAttributes))
    if levels.count > Self.mostOpen { levels[levels.count - 1 - Self.mostOpen].directory = nil }
  }

  /// Leaves the directories that a path isn't below.
  mutating func leave(for path: PathBytes) {
    while let level = levels.last, level.path.count >= path.count || !isPath(path, atOrBelow: level.path) {
      levels.removeLast()
    }
  }

  /// Whether a directory was entered and not left.
  func isInside(_ path: PathBytes) -> Bool { levels.contains { $0.path == path } }

  /// The directory in which an entry belongs.
  ///
  /// - Returns: nil if the entry's parent wasn't entered.
  mutating func parent(of path: PathBytes) throws(SystemError) -> TargetDirectory? {
    leave(for: path)
    guard let parent = parentPath(of: path) else { return nil }
    guard let level = levels.last else { return isRootPath(parent) ? root : nil }
    guard level.path.elementsEqual(parent) else { return nil }
    if let open = level.directory { return open }
    let reopened = TargetDirectory(
      try root.handle.openDirectoryBeneath(level.path), isNew: level.isNew, givesAttributes: level.givesAttributes)
    levels[levels.count - 1].directory = reopened
    return reopened
  }
}

/// The last component of a path.
func lastComponent(of path: PathBytes) -> PathBytes {
  guard let slash = path.lastIndex(of: 0x2F) else { return path }
  return Array(path[(slash + 1)...])
}
