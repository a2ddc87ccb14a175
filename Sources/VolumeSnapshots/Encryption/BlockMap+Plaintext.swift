/// What is made of ranges of a LUKS volume that aren't mapped in the pool.
///
/// They read as zeros from the volume, but not through the mapping: dm-crypt decrypts zeros to noise. No program wrote that noise; the sectors
/// were never written since LUKS was set up, or were discarded. A discarded sector may read as anything, so zeros are as good.
public enum UnmappedCiphertext: Hashable, Sendable {
  /// Stored as a hole: not read, and zeros after a restore, where a full read of the mapping gives noise.
  case isHole
  /// Read and stored as it reads: byte for byte what the mapping shows, at the cost of incompressible noise for all that was never written.
  case isRead
}

extension BlockMap {
  /// What is known of the plaintext of a LUKS volume, from what is known of its ciphertext.
  ///
  /// The ranges are moved to the front by the segment's offset and clipped; what happens in the header doesn't matter to the plaintext.
  /// A sector of the encryption keeps a state only if all of its ciphertext has that state, otherwise it is `changed`; so is plaintext beyond
  /// the end of this map.
  ///
  /// `same` may be used only if ``LUKSIdentity/difference(from:)`` finds none; otherwise ask for ``allChanged(size:)``.
  /// - Parameters:
  ///   - segment: where the data lie.
  ///   - size: bytes of plaintext, as the opened mapping has them.
  public func plaintext(of segment: LUKSSegment, size: Int64, unmapped: UnmappedCiphertext) -> BlockMap {
    let sector = segment.sectorSize
    var result: [Range] = []
    var position: Int64 = 0
    for range in ranges where range.state != .changed {
      guard range.state == .same || unmapped == .isHole else { continue }
      // Inwards to whole sectors; the last sector ends with the plaintext.
      let lower = (max(0, range.bytes.lowerBound - segment.offset) + sector - 1) / sector * sector
      let end = range.bytes.upperBound - segment.offset
      let upper = end >= size ? size : end / sector * sector
      guard upper > max(lower, 0), lower < size else { continue }
      if lower > position { result.append(Range(position..<lower, .changed)) }
      result.append(Range(lower..<upper, range.state))
      position = upper
    }
    if position < size { result.append(Range(position..<size, .changed)) }
    return BlockMap(size: size, result)
  }
}
