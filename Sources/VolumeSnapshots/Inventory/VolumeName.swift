/// The name of a logical volume: its volume group and its own name, such as `pve/vm-101-disk-0`.
public struct VolumeName: Hashable, Sendable, Codable {
  /// The volume group.
  public let group: String
  /// The logical volume in it.
  public let volume: String

  /// Names a volume; both parts must be names that LVM allows: letters, digits and `+ _ . -`, not beginning with a
  /// hyphen, neither `.` nor `..`, at most 127 bytes each.
  ///
  /// - Returns: nil for other names.
  public init?(group: String, volume: String) {
    guard Self.isValid(group), Self.isValid(volume) else { return nil }
    self.group = group
    self.volume = volume
  }

  /// Parses `GROUP/VOLUME`.
  public init?(parsing text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    self.init(group: String(parts[0]), volume: String(parts[1]))
  }

  /// Another volume of the same group.
  public func sibling(_ volume: String) -> VolumeName? { VolumeName(group: group, volume: volume) }

  /// The device node once it is active.
  public var devicePath: String { "/dev/mapper/\(mapperName)" }

  /// The name by which device-mapper knows it: hyphens doubled, the parts joined by one (lvm(8)).
  public var mapperName: String { "\(Self.doubled(group))-\(Self.doubled(volume))" }

  private static func doubled(_ part: String) -> String {
    part.split(separator: "-", omittingEmptySubsequences: false).joined(separator: "--")
  }

  private static func isValid(_ part: String) -> Bool {
    guard !part.isEmpty, part.utf8.count <= 127, part.utf8.first != UInt8(ascii: "-"), part != ".", part != ".." else {
      return false
    }
    return part.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "_"), UInt8(ascii: "."),
        UInt8(ascii: "-"):
        true
      default: false
      }
    }
  }
}

extension VolumeName: CustomStringConvertible, Comparable {
  /// `GROUP/VOLUME`.
  public var description: String { "\(group)/\(volume)" }

  /// Orders by group, then by volume.
  public static func < (left: VolumeName, right: VolumeName) -> Bool {
    (left.group, left.volume) < (right.group, right.volume)
  }
}
