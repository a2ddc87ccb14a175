public import BackupModel
import Crypto

// Unsafe code: the hash function takes the bytes of an array as a buffer, valid during the call.

extension ChunkID {
  /// The name of the chunk that holds `bytes`.
  public init(of bytes: ArraySlice<UInt8>) {
    self = bytes.withUnsafeBytes { ChunkID(hashing: $0) }
  }

  /// The name of the chunk that holds `bytes`.
  public init(of bytes: [UInt8]) {
    self = bytes.withUnsafeBytes { ChunkID(hashing: $0) }
  }

  /// The names of the chunks that `bytes` hold without their last 0, 1, … `most` bytes, in this order; the common part is hashed once.
  public static func trimming(_ bytes: ArraySlice<UInt8>, most: Int) -> [ChunkID] {
    precondition(most >= 0 && most < bytes.count)
    return bytes.withUnsafeBytes { all in
      var hash = SHA256()
      hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: all[..<(all.count - most)]))
      return (0...most).map { kept in
        var copy = hash
        copy.update(
          bufferPointer: UnsafeRawBufferPointer(rebasing: all[(all.count - most)..<(all.count - most + kept)]))
        return ChunkID(copy)
      }.reversed()
    }
  }

  private init(hashing bytes: UnsafeRawBufferPointer) {
    var hash = SHA256()
    hash.update(bufferPointer: bytes)
    self.init(hash)
  }

  private init(_ hash: SHA256) {
    self = hash.finalize().withUnsafeBytes { digest in
      var words = SIMD4<UInt64>()
      for word in 0..<4 {
        words[word] = UInt64(bigEndian: digest.loadUnaligned(fromByteOffset: word * 8, as: UInt64.self))
      }
      return ChunkID(words: words)
    }
  }
}
