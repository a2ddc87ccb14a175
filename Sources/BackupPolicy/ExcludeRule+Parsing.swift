extension ExcludeRule {
  /// Compiles one pattern.
  ///
  /// - Throws: ``PatternMistake`` for a pattern that could never match what its writer meant.
  init(_ pattern: String) throws(PatternMistake) {
    var scanner = PatternScanner(pattern)
    isInclusion = scanner.skip(UInt8(ascii: "!"))
    var isAnchored = scanner.skip(UInt8(ascii: "/"))
    var components: [Component] = []
    var isForDirectoriesOnly = false
    while !scanner.isAtEnd {
      let tokens = try scanner.name()
      // A run of stars is special only as a whole component, where git takes `***` for `**`; elsewhere it is one star.
      components.append(tokens.map { .name(NamePattern($0)) } ?? .anyDepth)
      if scanner.skip(UInt8(ascii: "/")) {
        if scanner.isAtEnd { isForDirectoriesOnly = true } else { isAnchored = true }
      }
    }
    guard !components.isEmpty else {
      throw PatternMistake(problem: "it names nothing", hint: "use `*` for everything")
    }
    self.isForDirectoriesOnly = isForDirectoriesOnly
    if !isAnchored, components.count == 1 {
      if case .name(let name) = components[0] { form = .name(name) } else { form = .name(.anything) }
      return
    }
    // `a/**` is everything inside `a`, not `a` itself: at the end, `**` takes at least one component.
    if components.last == .anyDepth { components.append(.name(.anything)) }
    form = .path(components)
  }
}

/// What is wrong with a pattern; whoever knows where the pattern stands makes a ``PolicyError`` of it.
struct PatternMistake: Error {
  let problem: String
  let hint: String?
}

/// Reads a pattern from its bytes.
private struct PatternScanner {
  private var rest: ArraySlice<UInt8>

  init(_ pattern: String) { rest = Array(pattern.utf8)[...] }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func skip(_ byte: UInt8) -> Bool {
    guard rest.first == byte else { return false }
    rest.removeFirst()
    return true
  }

  private func failure(_ problem: String, hint: String? = nil) -> PatternMistake {
    PatternMistake(problem: problem, hint: hint)
  }

  /// Reads up to the next slash; nil for `**`.
  mutating func name() throws(PatternMistake) -> [NamePattern.Token]? {
    var tokens: [NamePattern.Token] = []
    var stars = 0
    var length = 0
    while let byte = rest.first, byte != UInt8(ascii: "/") {
      rest.removeFirst()
      length += 1
      switch byte {
      case UInt8(ascii: "*"):
        stars += 1
        if tokens.last != .star { tokens.append(.star) }
      case UInt8(ascii: "?"): tokens.append(.anyByte)
      case UInt8(ascii: "["): tokens.append(.oneOf(try set()))
      case UInt8(ascii: "\\"):
        guard let escaped = rest.popFirst(), escaped != UInt8(ascii: "/") else {
          throw failure("a backslash must be followed by the character that it makes ordinary")
        }
        tokens.append(.byte(escaped))
      case 0: throw failure("no name contains a NUL character")
      default: tokens.append(.byte(byte))
      }
    }
    guard length > 0 else { throw failure("it has two slashes in a row") }
    return stars >= 2 && length == stars ? nil : tokens
  }

  /// Reads what follows `[`, up to and with `]`.
  private mutating func set() throws(PatternMistake) -> ByteSet {
    var set = ByteSet()
    let isNegated = skip(UInt8(ascii: "!")) || skip(UInt8(ascii: "^"))
    var isFirst = true
    while true {
      guard let byte = rest.popFirst() else {
        throw failure("the bracket `[` is not closed", hint: "write `\\[` for a bracket in a name")
      }
      if byte == UInt8(ascii: "]"), !isFirst { break }
      isFirst = false
      if byte == UInt8(ascii: "["), rest.first == UInt8(ascii: ":") {
        set.formUnion(try characterClass())
        continue
      }
      let low = try member(byte)
      var high = low
      if rest.first == UInt8(ascii: "-"), rest.count > 1, rest[rest.startIndex + 1] != UInt8(ascii: "]") {
        rest.removeFirst()
        guard let byte = rest.popFirst() else { throw failure("the bracket `[` is not closed") }
        high = try member(byte)
      }
      guard low <= high else { throw failure("the range in brackets runs backwards") }
      for byte in low...high { set.insert(byte) }
    }
    if isNegated { set.invert() }
    // As in a path-name match of fnmatch(3), brackets never match a slash.
    set.remove(UInt8(ascii: "/"))
    return set
  }

  private mutating func member(_ byte: UInt8) throws(PatternMistake) -> UInt8 {
    guard byte != UInt8(ascii: "/") else { throw failure("a `/` in brackets can never match") }
    guard byte < 0x80 else {
      throw failure("brackets match single bytes, and this character has several", hint: "use `*` or `?`s instead")
    }
    guard byte == UInt8(ascii: "\\") else { return byte }
    guard let escaped = rest.popFirst() else { throw failure("the bracket `[` is not closed") }
    return escaped
  }

  private mutating func characterClass() throws(PatternMistake) -> ByteSet {
    rest.removeFirst()
    let name = rest.prefix { $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: "]") }
    rest = rest[name.endIndex...]
    guard skip(UInt8(ascii: ":")), skip(UInt8(ascii: "]")),
      let set = ByteSet(className: String(decoding: name, as: UTF8.self))
    else { throw failure("`[:\(String(decoding: name, as: UTF8.self)):]` is not a class of characters") }
    return set
  }
}
