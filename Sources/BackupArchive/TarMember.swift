public import BackupModel
public import HostSystem

/// What a tar member says of a file besides its data.
public struct TarMember: Sendable {
  /// What the member is.
  public enum Kind: Sendable, Hashable {
    /// A regular file of `size` bytes; with `dataRanges` it is sparse and only those ranges are stored.
    case file(size: Int64, dataRanges: [Range<Int64>]?)
    /// A further name of a member stored before.
    case hardLink(to: PathBytes)
    /// A directory.
    case directory
    /// A symbolic link.
    case symbolicLink(target: PathBytes)
    /// A character device.
    case characterDevice(DeviceNumber)
    /// A block device.
    case blockDevice(DeviceNumber)
    /// A named pipe.
    case fifo
  }

  /// The path in the archive, without a leading slash.
  public var path: PathBytes
  /// What it is.
  public var kind: Kind
  /// Permission bits with set-id and sticky.
  public var permissions: UInt32
  /// The owner's id.
  public var owner: UInt32
  /// The group's id.
  public var group: UInt32
  /// The owner's name, empty if unknown.
  public var ownerName: [UInt8]
  /// The group's name, empty if unknown.
  public var groupName: [UInt8]
  /// When the content was last changed.
  public var modified: Timestamp
  /// Extended attributes, ACLs among them as the kernel gives them.
  public var attributes: [ExtendedAttribute]

  /// Makes a member's description.
  public init(
    path: PathBytes, kind: Kind, permissions: UInt32, owner: UInt32 = 0, group: UInt32 = 0, ownerName: [UInt8] = [],
    groupName: [UInt8] = [], modified: Timestamp, attributes: [ExtendedAttribute] = []
  ) {
    self.path = path
    self.kind = kind
    self.permissions = permissions
    self.owner = owner
    self.group = group
    self.ownerName = ownerName
    self.groupName = groupName
    self.modified = modified
    self.attributes = attributes
  }
}
