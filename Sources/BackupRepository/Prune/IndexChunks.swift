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
      try readExtents(bytes, field, body)
      start = end + 1
    }
  }

  /// Calls `body` with the child of each line of a branch block, in their order.
  ///
  /// - Throws: ``RepositoryError`` `damaged` if a line has none.
  static func forEachChild(in block: [UInt8], _ body: (ChunkID) -> Void) throws {
    let bytes = block.span
    var position = 0
    while position < bytes.count {
      while position < bytes.count, bytes[position] != 0x09, bytes[position] != 0x0A { position += 1 }
      guard position < bytes.count, bytes[position] == 0x09 else {
        throw RepositoryError(.damaged, "cannot read an index: a branch line is not valid")
      }
      body(try chunk(bytes, position + 1, end: bytes.count))
      position += 65
      guard position < bytes.count, bytes[position] == 0x0A || bytes[position] == 0x09 else {
        throw RepositoryError(.damaged, "cannot read an index: a branch line is not valid")
      }
      while position < bytes.count, bytes[position] != 0x0A { position += 1 }
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

  /// Reads `<length>:<64 digits or ->`, separated by commas.
  private static func readExtents(_ bytes: Span<UInt8>, _ field: Range<Int>, _ body: (ChunkID) -> Void) throws {
    var position = field.lowerBound
    while position < field.upperBound {
      while position < field.upperBound, bytes[position] != 0x3A { position += 1 }
      position += 1
      if position < field.upperBound, bytes[position] == 0x2D {
        position += 1
      } else {
        body(try chunk(bytes, position, end: field.upperBound))
        position += 64
      }
      guard position == field.upperBound || bytes[position] == 0x2C else {
        throw RepositoryError(.damaged, "cannot read an index: an extent is not valid")
      }
      position += 1
    }
  }

  private static func chunk(_ bytes: Span<UInt8>, _ start: Int, end: Int) throws -> ChunkID {
    guard start + 64 <= end else {
      throw RepositoryError(.damaged, "cannot read an index: an extent is not valid")
    }
    var words = SIMD4<UInt64>()
    var areValid = true
    for word in 0..<4 {
      var value: UInt64 = 0
      for position in start + 16 * word..<start + 16 * word + 16 {
        let digit = ChunkID.value(ofDigit: bytes[position])
        areValid = areValid && digit < 16
        value = value << 4 | UInt64(digit)
      }
      words[word] = value
    }
    guard areValid else { throw RepositoryError(.damaged, "cannot read an index: an extent is not valid") }
    return ChunkID(words: words)
  }
}
