/// A POSIX ACL as the kernel keeps it in `system.posix_acl_access` and `system.posix_acl_default`.
///
/// Layout (`linux/posix_acl_xattr.h`): version 2 (4 bytes), then entries of tag (2), permissions (2), id (4),
/// all little-endian.
struct PosixACL {
  struct Entry: Hashable {
    var tag: UInt16
    var permissions: UInt16
    var id: UInt32
  }

  static let userObject: UInt16 = 0x01
  static let user: UInt16 = 0x02
  static let groupObject: UInt16 = 0x04
  static let group: UInt16 = 0x08
  static let mask: UInt16 = 0x10
  static let other: UInt16 = 0x20

  var entries: [Entry] = []

  /// Reads the kernel's form; nil if it isn't one.
  init?(_ value: [UInt8]) {
    guard value.count >= 4, (value.count - 4) % 8 == 0, value[0] == 2, value[1...3].allSatisfy({ $0 == 0 }) else {
      return nil
    }
    for start in stride(from: 4, to: value.count, by: 8) {
      entries.append(
        Entry(
          tag: UInt16(value[start]) | UInt16(value[start + 1]) << 8,
          permissions: UInt16(value[start + 2]) | UInt16(value[start + 3]) << 8,
          id: (0..<4).reduce(0) { $0 | UInt32(value[start + 4 + $1]) << UInt32(8 * $1) }))
    }
  }
}
