/// Reads the XML of thin_delta and thin_dump as it comes, tag by tag.
///
/// Knows as much of XML as these tools write, in both their generations: a declaration, elements with attributes in
/// double or single quotes, white space. Anything else, a tag that is left open, text between tags and what comes after
/// the document are errors, so that garbage or an output that was cut short never counts as a whole one. Memory is
/// bounded by the longest tag.
struct ThinXMLReader {
  /// One tag.
  struct Tag {
    /// The element's name.
    let name: [UInt8]
    /// The attributes as they are written.
    let attributes: [(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)]

    /// Whether the element has this name.
    func isNamed(_ name: String) -> Bool { self.name.elementsEqual(name.utf8) }
  }

  /// More than any tag of these tools.
  static let longestTag = 4096
  /// `superblock`, `device`, `single_mapping`, and some more.
  static let deepest = 8

  private enum State { case text, tag, quoted(UInt8) }
  private var state = State.text
  private var tag: [UInt8] = []
  private var open: [[UInt8]] = []
  private var isPastRoot = false

  /// Reads on.
  ///
  /// - Throws: ``ThinXMLError``; what the document throws.
  mutating func read(_ bytes: some Sequence<UInt8>, into document: inout some ThinDocument) throws {
    for byte in bytes {
      switch state {
      case .text:
        if byte == UInt8(ascii: "<") {
          state = .tag
        } else if !Self.isSpace(byte) {
          throw ThinXMLError("text where a tag should be")
        }
      case .tag:
        if byte == UInt8(ascii: ">") {
          state = .text
          try finishTag(&document)
          tag.removeAll(keepingCapacity: true)
        } else {
          if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") { state = .quoted(byte) }
          try append(byte)
        }
      case .quoted(let quote):
        if byte == quote { state = .tag }
        try append(byte)
      }
    }
  }

  /// Checks that the document is whole.
  ///
  /// - Throws: ``ThinXMLError``.
  func finish() throws {
    guard case .text = state, open.isEmpty, isPastRoot else { throw ThinXMLError("it ends in the middle") }
  }

  private mutating func append(_ byte: UInt8) throws {
    guard tag.count < Self.longestTag else { throw ThinXMLError("a tag is longer than \(Self.longestTag) bytes") }
    guard byte != UInt8(ascii: "<"), byte != 0 else { throw ThinXMLError("a character that doesn't belong in a tag") }
    tag.append(byte)
  }

  private mutating func finishTag(_ document: inout some ThinDocument) throws {
    if tag.first == UInt8(ascii: "?") {
      guard open.isEmpty, !isPastRoot, tag.count > 1, tag.last == UInt8(ascii: "?") else {
        throw ThinXMLError("a declaration in the middle")
      }
      return
    }
    guard !isPastRoot else { throw ThinXMLError("more follows after its end") }
    if tag.first == UInt8(ascii: "/") {
      let name = Array(tag.dropFirst().prefix { !Self.isSpace($0) })
      guard let last = open.popLast(), last == name, tag.dropFirst(1 + name.count).allSatisfy(Self.isSpace) else {
        throw ThinXMLError("an end tag without its beginning")
      }
      try end(name, &document)
      return
    }
    var content = tag[...]
    let isEmpty = content.last == UInt8(ascii: "/")
    if isEmpty { content.removeLast() }
    let name = Array(content.prefix(while: Self.isName))
    guard !name.isEmpty else { throw ThinXMLError("a tag without a name") }
    let attributes = try Self.attributes(content.dropFirst(name.count))
    guard open.count < Self.deepest else { throw ThinXMLError("elements are nested too deeply") }
    try document.begin(Tag(name: name, attributes: attributes))
    if isEmpty { try end(name, &document) } else { open.append(name) }
  }

  private mutating func end(_ name: [UInt8], _ document: inout some ThinDocument) throws {
    isPastRoot = open.isEmpty
    try document.end(name)
  }

  private static func attributes(
    _ content: ArraySlice<UInt8>
  ) throws -> [(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] {
    var attributes: [(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] = []
    var rest = content
    while true {
      let unspaced = rest.drop(while: isSpace)
      if unspaced.isEmpty { return attributes }
      guard unspaced.startIndex > rest.startIndex else { throw ThinXMLError("attributes without a space between them") }
      let name = unspaced.prefix(while: isName)
      var after = unspaced.dropFirst(name.count)
      guard !name.isEmpty, after.popFirst() == UInt8(ascii: "="), let quote = after.popFirst(),
        quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'"), let end = after.firstIndex(of: quote)
      else { throw ThinXMLError("an attribute that can't be read") }
      guard !attributes.contains(where: { $0.name == name }) else { throw ThinXMLError("an attribute given twice") }
      attributes.append((name, after[..<end]))
      rest = after[(end + 1)...]
    }
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) }

  private static func isName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}

/// What is wrong with the XML of a tool; becomes the cause of a ``VolumeError``.
struct ThinXMLError: Error {
  let reason: String
  init(_ reason: String) { self.reason = reason }
}

extension ThinXMLReader.Tag {
  /// The number of an attribute that must be there.
  ///
  /// - Throws: ``ThinXMLError`` if it is missing, no number, or more than any pool can have (2⁵³).
  func number(_ name: String) throws -> Int64 {
    guard let number = DecimalDigits.value(try text(name)), number <= 1 << 53 else {
      throw ThinXMLError("\(name) of <\(String(decoding: self.name, as: UTF8.self))> is no number that can be")
    }
    return Int64(number)
  }

  /// The text of an attribute that must be there.
  ///
  /// - Throws: ``ThinXMLError`` if it is missing.
  func text(_ name: String) throws -> ArraySlice<UInt8> {
    guard let value = attributes.first(where: { $0.name.elementsEqual(name.utf8) })?.value else {
      throw ThinXMLError("<\(String(decoding: self.name, as: UTF8.self))> has no \(name)")
    }
    return value
  }

  /// The error that this element isn't known where it stands.
  var unexpected: ThinXMLError { ThinXMLError("<\(String(decoding: name, as: UTF8.self))> isn't known there") }
}
