/// The fields of the binary header of LUKS1 and LUKS2: big-endian numbers and texts ended by a NUL, at fixed offsets.
struct HeaderFields {
  private let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Offset 6, two bytes, after the signature.
  mutating func version() throws(LUKSHeader.Damage) -> LUKSHeader.Version {
    guard bytes.starts(with: LUKSHeader.signature) else { throw damage("it has no LUKS signature") }
    let number = try number(at: 6, count: 2)
    guard let version = LUKSHeader.Version(rawValue: Int(number)) else {
      throw damage("its version \(number) is not known")
    }
    return version
  }

  /// Offset 168 of both versions, 40 bytes.
  func uuid() throws(LUKSHeader.Damage) -> String {
    let text = try text(at: 168, count: 40)
    guard text.utf8.count == 36, text.allSatisfy({ $0.isHexDigit || $0 == "-" }) else {
      throw damage("it has no UUID")
    }
    return text
  }

  /// The size of LUKS2's first header with its JSON: offset 8, eight bytes. Offset 256 has the place of the header itself.
  func secondVersionSize() throws(LUKSHeader.Damage) -> Int {
    let size = try number(at: 8, count: 8)
    guard let size = LUKSHeader.sizes.first(where: { UInt64($0) == size }) else {
      throw damage("its size of \(size) bytes is not allowed")
    }
    guard try number(at: 256, count: 8) == 0 else { throw damage("it is not meant for the beginning of a volume") }
    return size
  }

  /// LUKS1: cipher (8, 32 bytes), mode (40, 32), hash (72, 32), payload offset in sectors of 512 bytes (104, 4), and the
  /// volume key's digest (112, 20), its salt (132, 32) and its iterations (164, 4).
  func firstVersionLayout(uuid: String) throws(LUKSHeader.Damage) -> LUKSHeader.Layout {
    let cipher = try text(at: 8, count: 32)
    let mode = try text(at: 40, count: 32)
    let hash = try text(at: 72, count: 32)
    guard !cipher.isEmpty, !mode.isEmpty, !hash.isEmpty else { throw damage("it names no cipher") }
    let sectors = try number(at: 104, count: 4)
    guard sectors > 0 else { return .other("its header belongs to another volume (payload offset 0)") }
    guard sectors * 512 >= UInt64(LUKSHeader.binarySize) else { throw damage("its data begin within the header") }
    let digest = try hexadecimal(at: 112, count: 20)
    let salt = try hexadecimal(at: 132, count: 32)
    let iterations = try number(at: 164, count: 4)
    return .plain(
      LUKSIdentity(
        uuid: uuid,
        segment: LUKSSegment(offset: Int64(sectors) * 512, sectorSize: 512, encryption: "\(cipher)-\(mode)"),
        keyDigest: "luks1 \(hash) \(iterations) \(salt) \(digest)"))
  }

  private func field(at offset: Int, count: Int) throws(LUKSHeader.Damage) -> ArraySlice<UInt8> {
    guard offset + count <= bytes.count else { throw damage("the volume ends within the header") }
    return bytes[offset..<offset + count]
  }

  private func number(at offset: Int, count: Int) throws(LUKSHeader.Damage) -> UInt64 {
    try field(at: offset, count: count).reduce(0) { $0 << 8 | UInt64($1) }
  }

  private func text(at offset: Int, count: Int) throws(LUKSHeader.Damage) -> String {
    let field = try field(at: offset, count: count).prefix { $0 != 0 }
    guard field.count < count, field.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw damage("the text at byte \(offset) is not one")
    }
    return String(decoding: field, as: UTF8.self)
  }

  private func hexadecimal(at offset: Int, count: Int) throws(LUKSHeader.Damage) -> String {
    try field(at: offset, count: count).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  private func damage(_ reason: String) -> LUKSHeader.Damage { LUKSHeader.Damage(reason: reason) }
}
