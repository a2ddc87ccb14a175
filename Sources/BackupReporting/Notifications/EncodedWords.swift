import FoundationEssentials

/// Text of any language in a header, by the encoded words of RFC 2047 in base64.
enum EncodedWords {
  /// What an encoded word may hold of UTF-8: 75 characters without `=?UTF-8?B?` and `?=` are 63, 60 whole base64
  /// groups of which hold 45 bytes.
  private static let wordBytes = 45

  /// A header's value in one line: plain if it is printable ASCII, encoded otherwise. Line breaks and other control
  /// characters become blanks, so that no text can begin a header of its own.
  static func header(_ text: String, separator: String = " ") -> String {
    var clean = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      let isControl = scalar.properties.generalCategory == .control || ["\u{2028}", "\u{2029}"].contains(scalar)
      clean.append(isControl ? " " : scalar)
    }
    let value = String(clean)
    guard !value.utf8.allSatisfy({ $0 < 0x7F }) || value.contains("=?") else { return value }
    var words: [String] = []
    var word: [UInt8] = []
    // A character isn't cut in two: each word is decoded on its own.
    for scalar in value.unicodeScalars {
      let bytes = Array(String(scalar).utf8)
      if word.count + bytes.count > wordBytes {
        words.append(encoded(word))
        word = []
      }
      word += bytes
    }
    if !word.isEmpty { words.append(encoded(word)) }
    return words.joined(separator: separator)
  }

  private static func encoded(_ bytes: [UInt8]) -> String { "=?UTF-8?B?\(Data(bytes).base64EncodedString())?=" }
}
