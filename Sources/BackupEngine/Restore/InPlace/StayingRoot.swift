import BackupModel
import BackupRepository
import FoundationEssentials
import HostSystem

/// The directory of a tree that stays where it is while all names in it are exchanged, one after the other.
///
/// Such are mount points, which can't be renamed, and directories that are exported by NFS, whose clients would go on using the
/// one that was moved away.
public struct StayingRoot: Codable, Hashable, Sendable {
  /// The inode of the directory, by which it is known again.
  public var inode: UInt64
  /// Whether it is a mount point, so that the place is in it.
  public var isMountPoint: Bool
  /// Whether NFS clients may have it, or a directory above it, mounted.
  public var isExported: Bool
  /// What the directory is like while what was live before is.
  public var old: RootMetadata
  /// What it is like while what was restored is; nil until that is known.
  public var new: RootMetadata?

  /// Notes a directory as it is now.
  init(_ tree: LiveTree) throws(SystemError) {
    let directory = try OpenFile.open(tree.path, .directory)
    inode = try directory.status().inode
    isMountPoint = tree.anchor == .mountPoint
    isExported = tree.isExported
    old = try RootMetadata(of: directory)
  }
}

/// Owner, permissions, time and extended attributes of a directory, in a journal.
public struct RootMetadata: Codable, Hashable, Sendable {
  /// One extended attribute.
  struct Attribute: Codable, Hashable, Sendable {
    var name: JournaledPath
    var value: Data
  }

  var owner: UInt32
  var group: UInt32
  var permissions: UInt32
  /// When the directory was last changed: seconds since 1970, and nanoseconds.
  var seconds: Int64
  var nanoseconds: Int32
  var attributes: [Attribute]

  /// Reads those of a directory, without labels that belong to the system.
  init(of directory: OpenFile) throws(SystemError) {
    let status = try directory.status()
    owner = status.owner
    group = status.group
    permissions = status.permissions
    seconds = status.modified.seconds
    nanoseconds = status.modified.nanoseconds
    attributes = try directory.extendedAttributes().filter { MetadataWriter.isOurs($0.name) }
      .map { Attribute(name: JournaledPath($0.name), value: Data($0.value)) }
  }

  /// Takes over the time.
  mutating func setTime(of other: RootMetadata) { (seconds, nanoseconds) = (other.seconds, other.nanoseconds) }

  /// Gives them to a directory, and waits until they and all names of it are on the medium. May be done again.
  ///
  /// - Throws: `SystemError`; `EPERM` if any of it may not be set.
  func apply(to directory: OpenFile) throws(SystemError) {
    var entry = IndexEntry(path: [0x2E], status: try directory.status(), ownerName: [], groupName: [])
    entry.owner = owner
    entry.group = group
    entry.permissions = permissions
    entry.modified = Timestamp(seconds: seconds, nanoseconds: nanoseconds)
    entry.attributes = attributes.map { ExtendedAttribute(name: $0.name.bytes, value: Array($0.value)) }
    let outcome = RestoreOutcome(progress: RestoreProgress())
    try MetadataWriter(outcome: outcome).apply(entry, to: directory, replacesAttributes: true)
    guard outcome.report.notPermitted == 0 else { throw SystemError(call: "chown", errno: 1, path: directory.path) }
    try directory.synchronize()
  }
}
