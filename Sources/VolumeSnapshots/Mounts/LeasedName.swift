/// Names for mappings and mount points: device-mapper allows 127 bytes (`DM_NAME_LEN`) and, unescaped, letters, digits and `#+-.:=@_`.
enum LeasedName {
  private static let prefix = "backupctl-"
  private static let mostBytes = 100

  /// A name that begins with `backupctl-`: the token itself where it fits, otherwise cut and followed by a hash of the whole.
  ///
  /// Different tokens have different names.
  static func make(token: String) -> String {
    let kept = token.utf8.map { isPlain($0) ? $0 : UInt8(ascii: "_") }
    if kept.elementsEqual(token.utf8), !kept.isEmpty, kept.count <= mostBytes, !hasHash(kept) {
      return prefix + token
    }
    let hash = String(hash(of: token), radix: 16)
    let padding = String(repeating: "0", count: 16 - hash.count)
    return prefix + String(decoding: kept.prefix(mostBytes - 17), as: UTF8.self) + "=" + padding + hash
  }

  /// A token that looks like a name with a hash gets a hash too, so that it can't be equal to one.
  private static func hasHash(_ bytes: [UInt8]) -> Bool { bytes.suffix(17).first == UInt8(ascii: "=") }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "+-.:=@_".utf8.contains(byte)
    }
  }

  /// FNV-1a of 64 bits.
  private static func hash(of token: String) -> UInt64 {
    token.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }
}
