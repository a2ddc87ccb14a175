public import BackupModel
public import HostSystem

/// One thing in which a directory isn't as a point has it.
public struct TreeDifference: Sendable, Hashable {
  /// What differs.
  public enum Kind: Sendable, Hashable {
    /// The point has the entry, the directory hasn't.
    case missing
    /// The directory has it, the point hasn't; what is below it isn't listed.
    case extra
    /// It is something of another kind.
    case kind(expected: FileKind, found: FileKind)
    /// It has another length.
    case size(expected: Int64, found: Int64)
    /// Its content differs, first in the piece that begins at this offset.
    case content(offset: Int64)
    /// It has other permission bits.
    case permissions(expected: UInt32, found: UInt32)
    /// It has another owner or group.
    case owner(expected: Ownership, found: Ownership)
    /// It has another modification time.
    case modified(expected: Timestamp, found: Timestamp)
    /// These extended attributes are missing, additional or have other values.
    case attributes(names: [[UInt8]])
    /// The symbolic link leads elsewhere.
    case linkTarget(expected: PathBytes, found: PathBytes)
    /// It isn't the same inode as the path that it should be a further name of, or is the same as one that it shouldn't be.
    case hardLink(expected: PathBytes?, found: PathBytes?)
    /// It is another device.
    case device(expected: DeviceNumber, found: DeviceNumber)
    /// It can't be read.
    case unreadable(reason: String)
  }

  /// The ids of an owner and a group.
  public struct Ownership: Sendable, Hashable {
    /// The owner.
    public var owner: UInt32
    /// The group.
    public var group: UInt32
  }

  /// The path in the point.
  public var path: PathBytes
  /// What differs.
  public var kind: Kind
}

extension TreeDifference: CustomStringConvertible {
  /// For people: the path and what differs.
  public var description: String { "\(path.displayedPath): \(text)" }

  /// What differs, without the path.
  public var text: String {
    switch kind {
    case .missing: "missing"
    case .extra: "not in the point"
    case .kind(let expected, let found): "is a \(found.text), not a \(expected.text)"
    case .size(let expected, let found): "has \(found) bytes, not \(expected)"
    case .content(let offset): "content differs from byte \(offset) on"
    case .permissions(let expected, let found):
      "permissions are \(String(found, radix: 8)), not \(String(expected, radix: 8))"
    case .owner(let expected, let found):
      "owner is \(found.owner):\(found.group), not \(expected.owner):\(expected.group)"
    case .modified(let expected, let found): "modified \(Self.time(found)), not \(Self.time(expected))"
    case .attributes(let names): "attributes differ: \(names.map(\.displayedPath).joined(separator: ", "))"
    case .linkTarget(let expected, let found):
      "leads to \(found.displayedPath), not to \(expected.displayedPath)"
    case .hardLink(let expected?, _): "is not the same file as \(expected.displayedPath)"
    case .hardLink(nil, let found): "is the same file as \(found?.displayedPath ?? "another")"
    case .device(let expected, let found):
      "is device \(found.major):\(found.minor), not \(expected.major):\(expected.minor)"
    case .unreadable(let reason): "can't be read: \(reason)"
    }
  }

  private static func time(_ time: Timestamp) -> String {
    let digits = String(time.nanoseconds)
    return "\(time.seconds)." + String(repeating: "0", count: 9 - digits.count) + digits
  }
}

extension FileKind {
  /// For people.
  fileprivate var text: String {
    switch self {
    case .file: "file"
    case .directory: "directory"
    case .symbolicLink: "symbolic link"
    case .characterDevice: "character device"
    case .blockDevice: "block device"
    case .fifo: "FIFO"
    case .socket: "socket"
    }
  }
}
