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

  private init(hashing bytes: UnsafeRawBufferPointer) {
    var hash = SHA256()
    hash.update(bufferPointer: bytes)
    self = hash.finalize().withUnsafeBytes { digest in
      var words = SIMD4<UInt64>()
      for word in 0..<4 {
        words[word] = UInt64(bigEndian: digest.loadUnaligned(fromByteOffset: word * 8, as: UInt64.self))
      }
      return ChunkID(words: words)
    }
  }
}
