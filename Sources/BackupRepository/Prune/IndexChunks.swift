import BackupModel

/// Finds the chunks that the lines of a block name, without making entries or branches of them: a prune goes through every block of every
/// point.
enum IndexChunks {
  /// The field of an entry's line, and of a continuation line, that has the extents; fields count from 0.
  private static let extentsField = 11
  private static let continuationField = 3

  /// Calls `body` with each chunk, in the order of the lines.
  ///
  /// - Parameter block: lines, each ended by a newline.
  /// - Throws: ``RepositoryError`` `damaged` if a line has no extents where they must be, or one that isn't valid.
  static func forEach(in block: [UInt8], _ body: (ChunkID) -> Void) throws {
    let bytes = block.span
    var start = 0
    while start < bytes.count {
      let (field, end) = try extents(of: bytes, from: start)
      try forEachPlace(bytes, field) { body(try chunk(bytes, $0, end: field.upperBound)) }
      start = end + 1
    }
  }

  /// Appends the key of each chunk of the lines that another block doesn't have, in their order; of an id only the half is read that makes
  /// the key.
  ///
  /// Versions of a block have most lines in common, and comparing is faster than reading.
  /// - Parameters:
  ///   - block: as for ``forEach(in:_:)``; its own hash is what proves the other half.
  ///   - other: a block, or nothing.
  /// - Throws: as ``forEach(in:_:)``; lines that both have aren't looked at.
  static func appendKeys(in block: [UInt8], notIn other: [UInt8], to keys: inout [KnownChunks.Key]) throws {
    let lines = differingLines(of: block, from: other)
    let bytes = block.span
    var start = lines.lowerBound
    while start < lines.upperBound {
      let (field, end) = try extents(of: bytes, from: start)
      try forEachPlace(bytes, field) { place in
        guard place + 64 <= field.upperBound else { throw invalid }
        var isValid = true
        let high = word(bytes, place, &isValid)
        let low = word(bytes, place + 16, &isValid)
        guard isValid else { throw invalid }
        keys.append(KnownChunks.Key(words: high, low))
      }
      start = end + 1
    }
  }

  /// The lines of a block between those that it begins with like another block and those that it ends with like it.
  static func differingLines(of block: [UInt8], from other: [UInt8]) -> Range<Int> {
    let (bytes, others) = (block.span, other.span)
    var begin = bytes.commonPrefixLength(with: others)
    while begin > 0, bytes[begin - 1] != 0x0A { begin -= 1 }
    // The first newline of the end is the end of a line that may begin otherwise; what comes after it are whole lines of both.
    var end = bytes.count - bytes.commonSuffixLength(with: others)
    while end < bytes.count, bytes[end] != 0x0A { end += 1 }
    end = min(end + 1, bytes.count)
    return begin..<max(begin, end)
  }

  /// Calls `body` with the child of each line of a branch block, in their order, and with the child's place: a hash of the line without
  /// the child, thus of where the child begins, FNV-1a.
  ///
  /// - Throws: ``RepositoryError`` `damaged` if a line has none.
  static func forEachChild(in block: [UInt8], _ body: (ChunkID, _ place: UInt64) -> Void) throws {
    let bytes = block.span
    var position = 0
    while position < bytes.count {
      var place: UInt64 = 0xCBF2_9CE4_8422_2325
      func add(_ byte: UInt8) { place = (place ^ UInt64(byte)) &* 0x100_0000_01B3 }
      while position < bytes.count, bytes[position] != 0x09, bytes[position] != 0x0A {
        add(bytes[position])
        position += 1
      }
      guard position < bytes.count, bytes[position] == 0x09 else {
        throw RepositoryError(.damaged, "cannot read an index: a branch line is not valid")
      }
      let child = try chunk(bytes, position + 1, end: bytes.count)
      position += 65
      guard position < bytes.count, bytes[position] == 0x0A || bytes[position] == 0x09 else {
        throw RepositoryError(.damaged, "cannot read an index: a branch line is not valid")
      }
      while position < bytes.count, bytes[position] != 0x0A {
        add(bytes[position])
        position += 1
      }
      body(child, place)
      position += 1
    }
  }

  /// The range of the extents' field in the line that begins at `start`, and where the line ends.
  private static func extents(of bytes: Span<UInt8>, from start: Int) throws -> (field: Range<Int>, end: Int) {
    var position = start
    var field = 0
    var wanted = extentsField
    var begin: Int?
    var fieldStart = start
    var extents: Range<Int>?
    while position < bytes.count, bytes[position] != 0x0A {
      if bytes[position] == 0x09 {
        if field == 1, position == fieldStart + 1, bytes[fieldStart] == 0x2B { wanted = continuationField }
        if let begin, extents == nil { extents = begin..<position }
        field += 1
        fieldStart = position + 1
        if field == wanted { begin = fieldStart }
      }
      position += 1
    }
    if let begin, extents == nil { extents = begin..<position }
    guard let extents, position < bytes.count else {
      throw RepositoryError(.damaged, "cannot read an index: a line has no extents")
    }
    return (extents, position)
  }

  /// Goes through `<length>:<64 digits or ->`, separated by commas, and tells where the digits begin.
  @inline(__always)
  private static func forEachPlace(_ bytes: Span<UInt8>, _ field: Range<Int>, _ body: (Int) throws -> Void) throws {
    var position = field.lowerBound
    while position < field.upperBound {
      while position < field.upperBound, bytes[position] != 0x3A { position += 1 }
      position += 1
      if position < field.upperBound, bytes[position] == 0x2D {
        position += 1
      } else {
        try body(position)
        position += 64
      }
      guard position == field.upperBound || bytes[position] == 0x2C else { throw invalid }
      position += 1
    }
  }

  private static var invalid: RepositoryError {
    RepositoryError(.damaged, "cannot read an index: an extent is not valid")
  }

  /// Sixteen hexadecimal digits.
  @inline(__always)
  private static func word(_ bytes: Span<UInt8>, _ start: Int, _ isValid: inout Bool) -> UInt64 {
    var value: UInt64 = 0
    for position in start..<start + 16 {
      let digit = ChunkID.value(ofDigit: bytes[position])
      isValid = isValid && digit < 16
      value = value << 4 | UInt64(digit)
    }
    return value
  }

  private static func chunk(_ bytes: Span<UInt8>, _ start: Int, end: Int) throws -> ChunkID {
    guard start + 64 <= end else { throw invalid }
    var isValid = true
    let words = SIMD4(
      word(bytes, start, &isValid), word(bytes, start + 16, &isValid), word(bytes, start + 32, &isValid),
      word(bytes, start + 48, &isValid))
    guard isValid else { throw invalid }
    return ChunkID(words: words)
  }
}
