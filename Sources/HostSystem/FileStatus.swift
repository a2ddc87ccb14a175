public import BackupModel
import CLinux
import Glibc

/// What a name in a directory is.
public enum FileKind: Sendable, Hashable {
  /// A regular file.
  case file
  /// A directory.
  case directory
  /// A symbolic link.
  case symbolicLink
  /// A character device.
  case characterDevice
  /// A block device.
  case blockDevice
  /// A named pipe.
  case fifo
  /// A socket.
  case socket
}

/// What `stat` says of a file.
public struct FileStatus: Sendable, Hashable {
  /// What it is.
  public var kind: FileKind
  /// Permission bits with set-id and sticky: the low 12 bits of the mode.
  public var permissions: UInt32
  /// The device of the file system that holds it.
  public var device: UInt64
  /// The inode number.
  public var inode: UInt64
  /// How many names the inode has.
  public var links: UInt64
  /// Length in bytes.
  public var size: Int64
  /// Allocated bytes.
  public var allocatedBytes: Int64
  /// The owner's id.
  public var owner: UInt32
  /// The group's id.
  public var group: UInt32
  /// Major and minor number of a device.
  public var deviceNumber: DeviceNumber
  /// When the content was last changed.
  public var modified: Timestamp
  /// When content or metadata were last changed; no program can set it.
  public var changed: Timestamp

  init?(_ raw: clinux_stat) {
    switch raw.mode & UInt32(S_IFMT) {
    case UInt32(S_IFREG): kind = .file
    case UInt32(S_IFDIR): kind = .directory
    case UInt32(S_IFLNK): kind = .symbolicLink
    case UInt32(S_IFCHR): kind = .characterDevice
    case UInt32(S_IFBLK): kind = .blockDevice
    case UInt32(S_IFIFO): kind = .fifo
    case UInt32(S_IFSOCK): kind = .socket
    default: return nil
    }
    permissions = raw.mode & 0o7777
    device = raw.device
    inode = raw.inode
    links = raw.links
    size = Int64(bitPattern: raw.size)
    allocatedBytes = Int64(bitPattern: raw.blocks) * 512
    owner = raw.uid
    group = raw.gid
    deviceNumber = DeviceNumber(major: raw.rdev_major, minor: raw.rdev_minor)
    modified = Timestamp(seconds: raw.mtime, nanoseconds: Int32(raw.mtime_nsec))
    changed = Timestamp(seconds: raw.ctime, nanoseconds: Int32(raw.ctime_nsec))
  }
}

/// The number of a device file.
public struct DeviceNumber: Sendable, Hashable {
  /// Names the driver.
  public var major: UInt32
  /// Names the device of the driver.
  public var minor: UInt32

  /// Makes a number.
  public init(major: UInt32, minor: UInt32) {
    self.major = major
    self.minor = minor
  }
}

extension FileStatus {
  /// Makes a status of its parts.
  public init(
    kind: FileKind, permissions: UInt32, device: UInt64, inode: UInt64, links: UInt64, size: Int64,
    allocatedBytes: Int64, owner: UInt32, group: UInt32, deviceNumber: DeviceNumber, modified: Timestamp,
    changed: Timestamp
  ) {
    self.kind = kind
    self.permissions = permissions
    self.device = device
    self.inode = inode
    self.links = links
    self.size = size
    self.allocatedBytes = allocatedBytes
    self.owner = owner
    self.group = group
    self.deviceNumber = deviceNumber
    self.modified = modified
    self.changed = changed
  }
}
