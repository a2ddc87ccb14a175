/// A compiled pattern for one name, the part of a path between two slashes.
///
/// Most patterns of real lists are one of the first four forms, which compare bytes without a search.
enum NamePattern: Hashable, Sendable {
  /// Any name: `*`.
  case anything
  /// Exactly these bytes: `lost+found`.
  case literal([UInt8])
  /// Anything that ends so: `*.swp`.
  case suffix([UInt8])
  /// Anything that begins so: `core.*`.
  case prefix([UInt8])
  /// Everything else.
  case tokens([Token])

  /// What stands for one byte, or with `star` for any number of bytes.
  enum Token: Hashable, Sendable {
    case byte(UInt8)
    case anyByte
    case oneOf(ByteSet)
    case star
  }

  /// Chooses the cheapest form.
  init(_ tokens: [Token]) {
    func literal(_ tokens: some Collection<Token>) -> [UInt8]? {
      var bytes: [UInt8] = []
      for token in tokens {
        guard case .byte(let byte) = token else { return nil }
        bytes.append(byte)
      }
      return bytes
    }
    if tokens == [.star] {
      self = .anything
    } else if let bytes = literal(tokens) {
      self = .literal(bytes)
    } else if tokens.first == .star, let bytes = literal(tokens.dropFirst()) {
      self = .suffix(bytes)
    } else if tokens.last == .star, let bytes = literal(tokens.dropLast()) {
      self = .prefix(bytes)
    } else {
      self = .tokens(tokens)
    }
  }

  /// Whether the bytes of `path` in `range` match.
  func matches(_ path: Span<UInt8>, _ range: Range<Int>) -> Bool {
    switch self {
    case .anything: return true
    case .literal(let bytes): return range.count == bytes.count && Self.equal(path, at: range.lowerBound, bytes)
    case .suffix(let bytes):
      return range.count >= bytes.count && Self.equal(path, at: range.upperBound - bytes.count, bytes)
    case .prefix(let bytes): return range.count >= bytes.count && Self.equal(path, at: range.lowerBound, bytes)
    case .tokens(let tokens): return Self.matches(path, range, tokens)
    }
  }

  private static func equal(_ path: Span<UInt8>, at start: Int, _ bytes: [UInt8]) -> Bool {
    for offset in bytes.indices where path[start + offset] != bytes[offset] { return false }
    return true
  }

  /// Matches with one point of return, the last star: an earlier star never needs to take more, because whatever it
  /// could give up the later one can take. Hence at most `range.count × tokens.count` steps.
  private static func matches(_ path: Span<UInt8>, _ range: Range<Int>, _ tokens: [Token]) -> Bool {
    var position = range.lowerBound
    var token = 0
    var retry: (token: Int, position: Int)?
    while position < range.upperBound {
      let isMatch: Bool
      if token < tokens.count {
        switch tokens[token] {
        case .byte(let byte): isMatch = path[position] == byte
        case .anyByte: isMatch = true
        case .oneOf(let set): isMatch = set.contains(path[position])
        case .star:
          token += 1
          retry = (token, position)
          continue
        }
      } else {
        isMatch = false
      }
      if isMatch {
        token += 1
        position += 1
      } else if let last = retry {
        retry = (last.token, last.position + 1)
        token = last.token
        position = last.position + 1
      } else {
        return false
      }
    }
    while token < tokens.count, tokens[token] == .star { token += 1 }
    return token == tokens.count
  }
}
