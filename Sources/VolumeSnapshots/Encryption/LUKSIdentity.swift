/// All that must be equal in two generations of a LUKS volume for unchanged ciphertext to mean unchanged plaintext.
///
/// A point of an opened image keeps it. If it differs, no range may be called same: the volume was formatted anew or re-encrypted, its
/// data were moved, or another header was put in front of them. Key slots aren't part of it: adding, changing or removing a passphrase
/// leaves the volume key, and with it every sector, as it was.
public struct LUKSIdentity: Hashable, Sendable, Codable {
  /// The UUID in the header.
  public var uuid: String
  /// Where the encrypted data lie and how they are encrypted.
  public var segment: LUKSSegment
  /// The digest by which cryptsetup knows the volume key: kind, hash, iterations, salt and digest, as the header has them.
  ///
  /// It is no secret: the header has it in the clear, and the key has at least 128 random bits.
  public var keyDigest: String

  /// Gathers an identity.
  public init(uuid: String, segment: LUKSSegment, keyDigest: String) {
    self.uuid = uuid
    self.segment = segment
    self.keyDigest = keyDigest
  }

  /// What differs from the base, as a clause for the run's record: nil if unchanged ciphertext means unchanged plaintext.
  ///
  /// - Parameter base: that of the base; nil if the base wasn't read through LUKS.
  public func difference(from base: LUKSIdentity?) -> String? {
    guard let base else { return "the base was not read through LUKS" }
    if uuid != base.uuid { return "the LUKS header has UUID \(uuid), that of the base had \(base.uuid)" }
    if keyDigest != base.keyDigest { return "the volume has another LUKS volume key than the base" }
    if segment.offset != base.segment.offset {
      return "the encrypted data begin at byte \(segment.offset), those of the base at byte \(base.segment.offset)"
    }
    if segment.sectorSize != base.segment.sectorSize {
      return "the encryption sector has \(segment.sectorSize) bytes, that of the base had \(base.segment.sectorSize)"
    }
    if segment != base.segment {
      return "the LUKS segment is encrypted or delimited in another way than that of the base"
    }
    return nil
  }
}
