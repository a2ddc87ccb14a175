import FoundationEssentials

/// The JSON of a LUKS2 header, as far as it says where the data lie and by which key they are encrypted.
struct LUKSMetadata: Decodable {
  struct Segment: Decodable {
    let type: String
    let offset: String
    let size: String
    let vectorTweak: String?
    let encryption: String?
    let sectorSize: Int?
    let integrity: Integrity?
    let flags: [String]?

    enum CodingKeys: String, CodingKey {
      case type, offset, size, encryption, integrity, flags
      case vectorTweak = "iv_tweak"
      case sectorSize = "sector_size"
    }
  }

  struct Integrity: Decodable {
    let type: String
  }

  struct Digest: Decodable {
    let type: String
    let segments: [String]
    let hash: String?
    let iterations: Int?
    let salt: String?
    let digest: String
  }

  struct Config: Decodable {
    struct Requirements: Decodable {
      let mandatory: [String]?
    }
    let jsonSize: String
    let requirements: Requirements?

    enum CodingKeys: String, CodingKey {
      case requirements
      case jsonSize = "json_size"
    }
  }

  let segments: [String: Segment]
  let digests: [String: Digest]
  let config: Config

  /// Reads the JSON between the binary header and the end of the header; NULs fill what it doesn't need.
  init(of bytes: [UInt8], size: Int) throws(LUKSHeader.Damage) {
    guard bytes.count >= size else { throw LUKSHeader.Damage(reason: "the volume ends within the header") }
    let area = bytes[LUKSHeader.binarySize..<size]
    let text = area.prefix { $0 != 0 }
    guard text.count < area.count else { throw LUKSHeader.Damage(reason: "its JSON has no end") }
    do {
      self = try JSONDecoder().decode(LUKSMetadata.self, from: Data(text))
    } catch {
      // The decoder's own words quote what it found; what is wrong is enough here, `cryptsetup luksDump` says more.
      throw LUKSHeader.Damage(reason: "its JSON can't be understood")
    }
    guard config.jsonSize == String(area.count) else {
      throw LUKSHeader.Damage(reason: "its JSON is of another header (\(config.jsonSize.prefix(20)) bytes)")
    }
  }

  func layout(uuid: String) throws(LUKSHeader.Damage) -> LUKSHeader.Layout {
    if let requirement = config.requirements?.mandatory?.first {
      return .other("it requires \(requirement.prefix(64)), as a volume does that is being re-encrypted")
    }
    guard let (name, segment) = segments.first, segments.count == 1 else {
      return .other(segments.isEmpty ? "it has no data" : "its data lie in \(segments.count) segments")
    }
    guard segment.type == "crypt" else { return .other("its data are of type \(segment.type.prefix(64))") }
    guard segment.integrity == nil else { return .other("its sectors carry checksums (dm-integrity)") }
    guard segment.flags?.isEmpty ?? true else { return .other("its segment is marked \(segment.flags?.first ?? "")") }
    let matching = digests.values.filter { $0.segments.contains(name) }
    guard let digest = matching.first, matching.count == 1 else {
      throw LUKSHeader.Damage(reason: "its segment has \(matching.count) key digests")
    }
    let identity = LUKSIdentity(uuid: uuid, segment: try place(of: segment), keyDigest: try Self.text(of: digest))
    return identity.segment.offset == 0 ? .other("its header belongs to another volume (offset 0)") : .plain(identity)
  }

  private func place(of segment: Segment) throws(LUKSHeader.Damage) -> LUKSSegment {
    guard let offset = Self.bytes(segment.offset), offset == 0 || offset >= 2 * Int64(LUKSHeader.sizes[0]) else {
      throw LUKSHeader.Damage(reason: "the offset of its data is not usable")
    }
    let size = segment.size == "dynamic" ? nil : Self.bytes(segment.size)
    guard segment.size == "dynamic" || (size ?? 0) > 0 else {
      throw LUKSHeader.Damage(reason: "the size of its data is not usable")
    }
    guard let sectorSize = segment.sectorSize, [512, 1024, 2048, 4096].contains(sectorSize) else {
      throw LUKSHeader.Damage(reason: "its sector size is not usable")
    }
    guard let encryption = segment.encryption, !encryption.isEmpty, encryption.utf8.count < 128,
      let tweak = UInt64(segment.vectorTweak ?? "")
    else { throw LUKSHeader.Damage(reason: "it names no cipher") }
    return LUKSSegment(
      offset: offset, size: size, sectorSize: Int64(sectorSize), encryption: encryption, vectorTweak: tweak)
  }

  /// Bytes as the JSON has them, decimal digits in a string, since JSON's numbers may lose digits: whole sectors below 4 EiB.
  private static func bytes(_ text: String) -> Int64? {
    guard text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int64(text), number % 512 == 0,
      number < 1 << 62
    else { return nil }
    return number
  }

  private static func text(of digest: Digest) throws(LUKSHeader.Damage) -> String {
    let parts = [digest.type, digest.hash ?? "-", "\(digest.iterations ?? 0)", digest.salt ?? "-", digest.digest]
    guard !digest.digest.isEmpty, parts.allSatisfy({ $0.utf8.count <= 1024 && !$0.contains(" ") }) else {
      throw LUKSHeader.Damage(reason: "its key digest is not usable")
    }
    return parts.joined(separator: " ")
  }
}
