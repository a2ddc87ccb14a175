/// A number of bytes.
public struct ByteCount: Hashable, Comparable, Sendable, Codable {
  /// The number.
  public var bytes: Int64

  /// Makes a count of bytes.
  public init(_ bytes: Int64) { self.bytes = bytes }
  /// Makes a count of bytes.
  public init(_ bytes: Int) { self.bytes = Int64(bytes) }
  /// Decodes a plain number.
  public init(from decoder: any Decoder) throws { bytes = try decoder.singleValueContainer().decode(Int64.self) }
  /// Encodes a plain number.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(bytes)
  }

  /// No bytes.
  public static let zero = ByteCount(0)
  /// A count of KiB (1024 bytes).
  public static func kibibytes(_ count: Int) -> ByteCount { ByteCount(count << 10) }
  /// A count of MiB (1024² bytes).
  public static func mebibytes(_ count: Int) -> ByteCount { ByteCount(count << 20) }
  /// A count of GiB (1024³ bytes).
  public static func gibibytes(_ count: Int) -> ByteCount { ByteCount(count << 30) }

  /// Orders by number.
  public static func < (left: ByteCount, right: ByteCount) -> Bool { left.bytes < right.bytes }
  /// Adds.
  public static func + (left: ByteCount, right: ByteCount) -> ByteCount { ByteCount(left.bytes + right.bytes) }
  /// Adds in place.
  public static func += (left: inout ByteCount, right: ByteCount) { left.bytes += right.bytes }
}

extension ByteCount: CustomStringConvertible {
  /// The count with a binary unit and at most one decimal: `512 B`, `1.5 KiB`, `17 MiB`.
  public var description: String {
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    let magnitude = bytes.magnitude
    guard magnitude >= 1024 else { return "\(bytes) B" }
    var value = Double(magnitude) / 1024
    var unit = 0
    while value >= 1023.95, unit < units.count - 1 {
      value /= 1024
      unit += 1
    }
    let tenths = Int64((value * 10).rounded())
    let number = tenths < 100 ? "\(tenths / 10).\(tenths % 10)" : "\((tenths + 5) / 10)"
    return "\(bytes < 0 ? "-" : "")\(number) \(units[unit])"
  }

  /// Parses `123`, `64K`, `64KiB`, `1.5 GiB`, `2M`; units are binary. Returns nil for anything else.
  public init?(parsing text: some StringProtocol) {
    let trimmed = String(text.filter { $0 != " " })
    let digits = trimmed.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    guard !digits.isEmpty, let number = Double(digits), number.isFinite else { return nil }
    let shift: Int
    switch trimmed.dropFirst(digits.count).lowercased() {
    case "", "b": shift = 0
    case "k", "kib": shift = 10
    case "m", "mib": shift = 20
    case "g", "gib": shift = 30
    case "t", "tib": shift = 40
    case "p", "pib": shift = 50
    default: return nil
    }
    let product = number * Double(Int64(1) << Int64(shift))
    guard product < 9.0e18 else { return nil }
    bytes = Int64(product)
  }
}
