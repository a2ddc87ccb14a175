import BackupModel
import BackupRepository
import HostSystem

/// The two entries of a point whose source is one file, a stream or the image of a volume: the root, and the file in it.
enum SoleFileEntries {
  /// The root, which has no member in a pack: there is no directory whose metadata were worth keeping.
  static func root(begun: Timestamp) -> ArchiveResult {
    var result = ArchiveResult()
    IndexLine.append(entry([0x2E], .directory, permissions: 0o700, begun), to: &result.lines)
    result.statistics.entries = 1
    result.statistics.directories = 1
    return result
  }

  /// The file, without size and content.
  static func content(_ name: String, begun: Timestamp) -> IndexEntry {
    entry(PathBytes(path: name), .file, permissions: 0o600, begun)
  }

  private static func entry(
    _ path: PathBytes, _ kind: FileKind, permissions: UInt32, _ begun: Timestamp
  ) -> IndexEntry {
    let status = FileStatus(
      kind: kind, permissions: permissions, device: 0, inode: 0, links: 1, size: 0, allocatedBytes: 0, owner: 0,
      group: 0, deviceNumber: DeviceNumber(major: 0, minor: 0), modified: begun, changed: begun)
    return IndexEntry(path: path, status: status, ownerName: Array("root".utf8), groupName: Array("root".utf8))
  }
}
