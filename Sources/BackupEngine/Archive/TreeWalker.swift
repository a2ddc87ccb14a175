import BackupModel
import BackupRepository
import HostSystem

/// Consecutive entries of a walk, in the order of an index.
///
/// All names share one array: an entry's path is `names[path]`, ended by a NUL, and its last component `names[name...]`.
struct WalkBatch: Sendable {
  struct Entry: Sendable {
    var path: Range<Int>
    var name: Int
    /// Index into `directories`; -1 for the root of the walk, which is `directories[0]` itself.
    var directory: Int
    var status: FileStatus
  }

  var names: [UInt8] = []
  var entries: [Entry] = []
  var directories: [OpenFile] = []
  var problems: [RecoveryPoint.Warning] = []

  /// The path of an entry, without the NUL.
  func path(_ entry: Entry) -> ArraySlice<UInt8> { names[entry.path] }
}

/// Walks a tree depth first, names of a directory sorted as bytes.
///
/// Holds the sorted names of the directories on the way down, and nothing else that grows.
final class TreeWalker {
  /// What to leave out and where not to go.
  struct Rules: Sendable {
    /// Whether to leave out a path (relative to the root) and, if it is a directory, all below it.
    var excludes: @Sendable (_ path: ArraySlice<UInt8>, _ isDirectory: Bool) -> Bool = { _, _ in false }
    /// Whether directories that are mount points are kept empty.
    var staysOnFileSystem = true
    /// Devices and inodes of directories that are never entered, such as the repository itself.
    var forbiddenDirectories: Set<DirectoryIdentity> = []
    /// Names at the top that are left out, for children that are sources of their own.
    var leavesOutDirectoriesAtTop = false
  }

  /// What makes a directory the same one under any path.
  struct DirectoryIdentity: Hashable, Sendable {
    var device: UInt64
    var inode: UInt64
  }

  private struct Level {
    var directory: OpenFile
    var names: [UInt8]
    var order: [SortedName]
    var next = 0
    var pathLength: Int
    /// The number of the batch in which `index` was given, and the index of this directory there.
    var batch = -1
    var index = -1
  }

  private struct SortedName {
    var key: UInt64
    var offset: Int32
    var length: Int32
  }

  private static let entriesPerBatch = 1024
  private let root: OpenFile
  private let rootStatus: FileStatus
  private let rules: Rules
  private var path: [UInt8] = []
  private var levels: [Level] = []
  private var batch = WalkBatch()
  private var batchNumber = 0
  private var buffer = [UInt8](repeating: 0, count: 65_536)

  init(root: OpenFile, rules: Rules) throws(SystemError) {
    self.root = root
    self.rules = rules
    rootStatus = try root.status()
  }

  /// Walks the whole tree and gives it to `deliver` in batches.
  ///
  /// - Throws: `SystemError` if the root itself can't be read; what `deliver` throws. What can't be read below the root is
  ///   a problem in a batch.
  func walk(_ deliver: (WalkBatch) throws -> Void) throws {
    append(path: [0x2E], nameOffset: 0, directory: -1, status: rootStatus)
    try enter(root, pathLength: 0)
    while let level = levels.last {
      if level.next == level.order.count {
        levels.removeLast()
        path.removeLast(path.count - (levels.last?.pathLength ?? 0))
        continue
      }
      levels[levels.count - 1].next += 1
      try visit(level.order[level.next])
      if batch.entries.count >= Self.entriesPerBatch {
        try deliver(batch)
        batch = WalkBatch()
        batchNumber += 1
      }
    }
    try deliver(batch)
  }

  private func visit(_ name: SortedName) throws {
    let level = levels.count - 1
    path.removeLast(path.count - levels[level].pathLength)
    if !path.isEmpty { path.append(0x2F) }
    let nameOffset = path.count
    path += levels[level].names[Int(name.offset)..<Int(name.offset + name.length)]
    let status: FileStatus
    do throws(SystemError) {
      status = try levels[level].directory.status(of: NameInArray(in: levels[level].names, at: Int(name.offset)))
    } catch {
      // Gone since the directory was read: as if it had been deleted a moment earlier.
      if !error.isMissing { report("can't be examined", error) }
      return
    }
    let isDirectory = status.kind == .directory
    if rules.leavesOutDirectoriesAtTop, level == 0, isDirectory { return }
    // What a restore in place is making, or has kept, is no part of a tree.
    if isDirectory, RestorePlace.isName(path[nameOffset...]) { return }
    if rules.excludes(path[...], isDirectory) { return }
    if isDirectory,
      rules.forbiddenDirectories.contains(DirectoryIdentity(device: status.device, inode: status.inode))
    {
      return
    }
    append(path: path, nameOffset: nameOffset, directory: level, status: status)
    guard isDirectory, !(rules.staysOnFileSystem && status.device != rootStatus.device) else { return }
    do throws(SystemError) {
      let directory = try levels[level].directory.open(
        NameInArray(in: levels[level].names, at: Int(name.offset)), .directory)
      try enter(directory, pathLength: path.count)
    } catch {
      if !error.isMissing { report("the directory can't be read", error) }
    }
  }

  private func enter(_ directory: OpenFile, pathLength: Int) throws(SystemError) {
    var names: [UInt8] = []
    var order: [SortedName] = []
    var ranges: [Range<Int>] = []
    while try directory.readNames(into: &buffer, { ranges.append($0..<$0 + $1) }) {
      for range in ranges {
        order.append(
          SortedName(key: Self.key(buffer[range]), offset: Int32(names.count), length: Int32(range.count)))
        names += buffer[range]
        names.append(0)
      }
      ranges.removeAll(keepingCapacity: true)
    }
    order.sort { left, right in
      if left.key != right.key { return left.key < right.key }
      return names[Int(left.offset)..<Int(left.offset + left.length)]
        .lexicographicallyPrecedes(names[Int(right.offset)..<Int(right.offset + right.length)])
    }
    levels.append(Level(directory: directory, names: names, order: order, pathLength: pathLength))
  }

  /// The first eight bytes as a big-endian number, so that most comparisons are one of numbers.
  private static func key(_ name: ArraySlice<UInt8>) -> UInt64 {
    var key: UInt64 = 0
    for byte in name.prefix(8) { key = key << 8 | UInt64(byte) }
    return name.count >= 8 ? key : key << UInt64(8 * (8 - name.count))
  }

  private func append(path: [UInt8], nameOffset: Int, directory level: Int, status: FileStatus) {
    let start = batch.names.count
    batch.names += path
    batch.names.append(0)
    var directory = -1
    if level >= 0 {
      if levels[level].batch != batchNumber {
        levels[level].batch = batchNumber
        levels[level].index = batch.directories.count
        batch.directories.append(levels[level].directory)
      }
      directory = levels[level].index
    } else {
      batch.directories.append(root)
    }
    batch.entries.append(
      WalkBatch.Entry(
        path: start..<start + path.count, name: start + nameOffset, directory: directory, status: status))
  }

  private func report(_ problem: String, _ error: SystemError) {
    batch.problems.append(
      RecoveryPoint.Warning(path: path.displayedPath, problem: "\(problem): \(error.reason)", errno: error.errno))
  }
}
