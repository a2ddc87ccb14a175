/// The header of a LUKS volume, as far as it is needed to know the volume again and to find its data.
///
/// Sources: "LUKS1 On-Disk Format Specification" 1.2.3 and "LUKS2 On-Disk Format Specification" 1.1.4, both of the cryptsetup project.
/// Nothing is decrypted and no checksum is computed; `cryptsetup` does that when it opens the volume.
public struct LUKSHeader: Hashable, Sendable {
  /// The version of the format.
  public enum Version: Int, Hashable, Sendable {
    /// LUKS1: one binary header.
    case one = 1
    /// LUKS2: a binary header and JSON, both twice.
    case two = 2
  }

  /// Where the data lie.
  public enum Layout: Hashable, Sendable {
    /// In one segment whose sectors are encrypted each by itself.
    case plain(LUKSIdentity)
    /// In a way in which unchanged ciphertext doesn't mean unchanged plaintext at a fixed distance; `cryptsetup` may still open it.
    /// The reason is a clause.
    case other(String)
  }

  /// The version of the format.
  public let version: Version
  /// The UUID in the header.
  public let uuid: String
  /// Where the data lie.
  public let layout: Layout

  /// By what unchanged ciphertext is known to be unchanged plaintext; nil if it can't be.
  public var identity: LUKSIdentity? {
    if case .plain(let identity) = layout { identity } else { nil }
  }

  /// A header that has the signature but can't be understood.
  struct Damage: Error, Hashable {
    /// What is wrong with it, as a clause.
    let reason: String
  }

  /// Whether a volume begins with LUKS's signature.
  ///
  /// A cheap look that reads one block; ``LUKSFinding`` also finds what is left of an overwritten header.
  /// - Parameter beginning: the first bytes of a volume.
  public static func begins(_ beginning: [UInt8]) -> Bool { beginning.starts(with: signature) }

  /// Bytes to read for ``begins(_:)``: one block of any device.
  public static let beginningSize = 4096

  /// `LUKS` and two bytes that are in no text: offset 0 of both versions.
  static let signature: [UInt8] = [0x4C, 0x55, 0x4B, 0x53, 0xBA, 0xBE]
  /// The signature of LUKS2's second header.
  static let secondSignature: [UInt8] = [0x53, 0x4B, 0x55, 0x4C, 0xBA, 0xBE]
  /// Bytes that LUKS2's binary header takes; LUKS1's is shorter.
  static let binarySize = 4096
  /// The sizes that one LUKS2 header with its JSON may have; the second one follows the first.
  static let sizes: [Int] = (14...22).map { 1 << $0 }

  /// How much of the header has to be read, from the first ``binarySize`` bytes of it.
  static func size(beginning: [UInt8]) throws(Damage) -> Int {
    var reader = HeaderFields(beginning)
    switch try reader.version() {
    case .one: return binarySize
    case .two: return try reader.secondVersionSize()
    }
  }

  /// Parses a header.
  ///
  /// - Parameter bytes: the volume from its beginning, at least as much as ``size(beginning:)`` says.
  init(parsing bytes: [UInt8]) throws(Damage) {
    var fields = HeaderFields(bytes)
    version = try fields.version()
    uuid = try fields.uuid()
    layout =
      switch version {
      case .one: try fields.firstVersionLayout(uuid: uuid)
      case .two: try LUKSMetadata(of: bytes, size: try fields.secondVersionSize()).layout(uuid: uuid)
      }
  }
}
