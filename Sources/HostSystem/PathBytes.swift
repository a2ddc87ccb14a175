/// A path or a file name as the kernel sees it: bytes without NUL, in no particular encoding.
public typealias PathBytes = [UInt8]

extension [UInt8] {
  /// The bytes of a string in UTF-8.
  public init(path text: String) { self = Array(text.utf8) }

  /// The bytes as text for people: valid UTF-8 as it is, any other byte and control characters as `\xHH`.
  public var displayedPath: String {
    var text = ""
    var decoder = UTF8()
    var iterator = makeIterator()
    var position = startIndex
    while true {
      switch decoder.decode(&iterator) {
      case .scalarValue(let scalar):
        let width = UTF8.width(scalar)
        if scalar.value < 0x20 || scalar.value == 0x7F {
          text += escaped(self[position])
        } else {
          text.unicodeScalars.append(scalar)
        }
        position += width
      case .emptyInput:
        return text
      case .error:
        // The decoder may have looked ahead: take this one byte as it is and begin anew after it.
        text += escaped(self[position])
        position += 1
        decoder = UTF8()
        iterator = Array(self[position...]).makeIterator()
        if position == endIndex { return text }
        return text + Array(self[position...]).displayedPath
      }
    }
  }

  private func escaped(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16)
    return "\\x" + (digits.count == 1 ? "0" + digits : digits)
  }
}
