/// The name of a chunk: the SHA-256 of its bytes.
public struct ChunkID: Hashable, Sendable {
  // The 32 bytes as four big-endian words, so that comparing words compares bytes; four fields rather than a vector
  // keep the alignment at 8 bytes, and with it the tables that hold many ids small.
  private let word0: UInt64
  private let word1: UInt64
  private let word2: UInt64
  private let word3: UInt64

  /// Makes an id of four big-endian words.
  public init(words: SIMD4<UInt64>) {
    word0 = words[0]
    word1 = words[1]
    word2 = words[2]
    word3 = words[3]
  }

  /// The 32 bytes of the digest as four big-endian words.
  public var words: SIMD4<UInt64> { SIMD4(word0, word1, word2, word3) }

  /// Makes an id of the 32 bytes of a digest; nil if there are not 32.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 32 else { return nil }
    var words = SIMD4<UInt64>()
    for (position, byte) in bytes.enumerated() {
      words[position >> 3] = words[position >> 3] << 8 | UInt64(byte)
    }
    self.init(words: words)
  }

  /// The 32 bytes.
  public var bytes: [UInt8] {
    let words = words
    return (0..<32).map { UInt8(truncatingIfNeeded: words[$0 >> 3] >> UInt64(56 - 8 * ($0 & 7))) }
  }
}

extension ChunkID: Comparable {
  /// Orders as the bytes do.
  public static func < (left: ChunkID, right: ChunkID) -> Bool {
    (left.word0, left.word1, left.word2, left.word3) < (right.word0, right.word1, right.word2, right.word3)
  }
}

extension ChunkID: CustomStringConvertible {
  /// 64 lower-case hexadecimal digits.
  public var description: String {
    var text: [UInt8] = []
    appendHexadecimal(to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// Appends the 64 hexadecimal digits.
  public func appendHexadecimal(to text: inout [UInt8]) {
    let words = words
    for word in 0..<4 {
      var rest = words[word]
      for _ in 0..<16 {
        let digit = UInt8(truncatingIfNeeded: rest >> 60)
        text.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        rest <<= 4
      }
    }
  }

  /// Parses 64 lower-case hexadecimal digits; nil for anything else.
  ///
  /// Inlinable, so that it is compiled for the collection it is called with: indexes name millions of chunks.
  @inlinable public init?(hexadecimal digits: some Collection<UInt8>) {
    guard digits.count == 64 else { return nil }
    var words = SIMD4<UInt64>()
    var position = 0
    var areValid = true
    for digit in digits {
      let value = Self.value(ofDigit: digit)
      areValid = areValid && value < 16
      words[position >> 4] = words[position >> 4] << 4 | UInt64(value)
      position += 1
    }
    guard areValid else { return nil }
    self.init(words: words)
  }

  /// What a lower-case hexadecimal digit stands for; 255 if it is none.
  ///
  /// Without a branch between digits and letters, which come in random order.
  @inlinable public static func value(ofDigit digit: UInt8) -> UInt8 {
    let value = (digit & 0x0F) &+ (digit >> 6) &* 9
    let isDigit = value < 16 && digit == value &+ (value < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10)
    return isDigit ? value : 255
  }

  /// Parses the printed form.
  public init?(parsing text: String) { self.init(hexadecimal: Array(text.utf8)) }
}

extension ChunkID: Codable {
  /// Decodes the printed form.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let parsed = ChunkID(parsing: try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a SHA-256 in hexadecimal")
    }
    self = parsed
  }

  /// Encodes the printed form.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
