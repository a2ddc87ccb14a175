/// Where the encrypted data of a LUKS volume lie, and how each sector is encrypted.
///
/// Every sector is encrypted by itself with its number, so a sector whose ciphertext is unchanged has unchanged plaintext as long as the
/// segment and the key are the same.
public struct LUKSSegment: Hashable, Sendable, Codable {
  /// Bytes from the beginning of the volume to the first encrypted byte: what the header takes.
  public var offset: Int64
  /// Encrypted bytes; nil if all that follows the offset is.
  public var size: Int64?
  /// Bytes that are encrypted as one: 512, 1024, 2048 or 4096.
  public var sectorSize: Int64
  /// Cipher, mode and initialisation vector as dm-crypt names them, such as `aes-xts-plain64`.
  public var encryption: String
  /// What is added to a sector's number.
  public var vectorTweak: UInt64

  /// Describes a segment.
  public init(offset: Int64, size: Int64? = nil, sectorSize: Int64, encryption: String, vectorTweak: UInt64 = 0) {
    self.offset = offset
    self.size = size
    self.sectorSize = sectorSize
    self.encryption = encryption
    self.vectorTweak = vectorTweak
  }

  /// Bytes of plaintext that a volume of so many bytes holds: whole sectors only; 0 if the header alone fills it.
  public func plaintextSize(ofVolume volumeSize: Int64) -> Int64 {
    let available = max(0, volumeSize - offset)
    let used = min(size ?? available, available)
    return used - used % sectorSize
  }
}
