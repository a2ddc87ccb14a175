public import BackupModel
public import HostSystem

/// A piece of a file's content.
public struct Extent: Hashable, Sendable {
  /// Its length in bytes.
  public var length: Int64
  /// The chunk that holds it; nil for a hole.
  public var chunk: ChunkID?

  /// Makes a piece.
  public init(length: Int64, chunk: ChunkID?) {
    self.length = length
    self.chunk = chunk
  }
}

/// One file, directory, link or device in a point.
public struct IndexEntry: Sendable, Hashable {
  /// The path relative to the source's root, which is `.`.
  public var path: PathBytes
  /// What it is.
  public var kind: FileKind
  /// Permission bits with set-id and sticky.
  public var permissions: UInt32
  /// The owner's id.
  public var owner: UInt32
  /// The group's id.
  public var group: UInt32
  /// The owner's name; empty if the system knew none.
  public var ownerName: [UInt8]
  /// The group's name; empty if the system knew none.
  public var groupName: [UInt8]
  /// When the content was last changed.
  public var modified: Timestamp
  /// When content or metadata were last changed.
  public var changed: Timestamp
  /// The inode number.
  public var inode: UInt64
  /// Bytes of a file, of a symbolic link's target; 0 otherwise.
  public var size: Int64
  /// The number of a device.
  public var device: DeviceNumber
  /// The content of a file, from byte 0 to its size.
  public var extents: [Extent]
  /// The target of a symbolic link.
  public var linkTarget: PathBytes?
  /// The path of the first entry that is the same inode.
  public var hardLinkTarget: PathBytes?
  /// Extended attributes, sorted by name.
  public var attributes: [ExtendedAttribute]
  /// The file changed while it was read.
  public var changedWhileRead: Bool
  /// The file may change again without its ctime showing it.
  public var isRecent: Bool

  /// Makes an entry of what `stat` says.
  public init(path: PathBytes, status: FileStatus, ownerName: [UInt8], groupName: [UInt8]) {
    self.path = path
    kind = status.kind
    permissions = status.permissions
    owner = status.owner
    group = status.group
    self.ownerName = ownerName
    self.groupName = groupName
    modified = status.modified
    changed = status.changed
    inode = status.inode
    size = status.kind == .file || status.kind == .symbolicLink ? status.size : 0
    device = status.deviceNumber
    extents = []
    attributes = []
    changedWhileRead = false
    isRecent = false
  }
}

extension IndexEntry {
  /// The bytes of the file that aren't holes.
  public var dataBytes: Int64 { extents.reduce(0) { $0 + ($1.chunk == nil ? 0 : $1.length) } }
}
