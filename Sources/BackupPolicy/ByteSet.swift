/// A set of byte values: 256 bits.
struct ByteSet: Hashable, Sendable {
  private var words = SIMD4<UInt64>()

  /// Makes a set of the bytes for which a test holds.
  init(where isMember: (UInt8) -> Bool) {
    for byte in UInt8.min...UInt8.max where isMember(byte) { insert(byte) }
  }

  /// Makes the empty set.
  init() {}

  mutating func insert(_ byte: UInt8) { words[Int(byte >> 6)] |= 1 << UInt64(byte & 63) }
  mutating func remove(_ byte: UInt8) { words[Int(byte >> 6)] &= ~(1 << UInt64(byte & 63)) }
  mutating func formUnion(_ other: ByteSet) { words |= other.words }
  mutating func invert() { words = ~words }
  func contains(_ byte: UInt8) -> Bool { words[Int(byte >> 6)] >> UInt64(byte & 63) & 1 == 1 }

  /// A POSIX character class of ASCII, by its name between `[:` and `:]`.
  init?(className: String) {
    func isLower(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") }
    func isUpper(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") }
    func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
    func isGraphic(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x7f }
    func isAlphanumeric(_ byte: UInt8) -> Bool { isLower(byte) || isUpper(byte) || isDigit(byte) }
    switch className {
    case "alnum": self.init(where: isAlphanumeric)
    case "alpha": self.init { isLower($0) || isUpper($0) }
    case "blank": self.init { $0 == 0x20 || $0 == 0x09 }
    case "cntrl": self.init { $0 < 0x20 || $0 == 0x7f }
    case "digit": self.init(where: isDigit)
    case "graph": self.init(where: isGraphic)
    case "lower": self.init(where: isLower)
    case "print": self.init { isGraphic($0) || $0 == 0x20 }
    case "punct": self.init { isGraphic($0) && !isAlphanumeric($0) }
    case "space": self.init { $0 == 0x20 || ($0 >= 0x09 && $0 <= 0x0d) }
    case "upper": self.init(where: isUpper)
    case "xdigit":
      self.init { byte in
        let lower = byte | 0x20
        return isDigit(byte) || (lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "f"))
      }
    default: return nil
    }
  }
}
