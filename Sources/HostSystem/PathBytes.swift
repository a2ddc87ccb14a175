/// A path or a file name as the kernel sees it: bytes without NUL, in no particular encoding.
public typealias PathBytes = [UInt8]

extension [UInt8] {
  /// The bytes of a string in UTF-8.
  public init(path text: String) { self = Array(text.utf8) }

  /// The bytes as text for people: valid UTF-8 as it is, any other byte and control characters as `\xHH`.
  public var displayedPath: String {
    // Nearly every path, and each file that is opened has its name made.
    if allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return String(decoding: self, as: UTF8.self) }
    var text = ""
    var parser = UTF8.ForwardParser()
    var iterator = makeIterator()
    var position = startIndex
    while true {
      switch parser.parseScalar(from: &iterator) {
      case .valid(let encoded):
        let scalar = UTF8.decode(encoded)
        if scalar.value < 0x20 || scalar.value == 0x7F {
          text += escaped(self[position])
        } else {
          text.unicodeScalars.append(scalar)
        }
        position += encoded.count
      case .error(let length):
        for byte in self[position..<position + length] { text += escaped(byte) }
        position += length
      case .emptyInput:
        return text
      }
    }
  }

  private func escaped(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16)
    return "\\x" + (digits.count == 1 ? "0" + digits : digits)
  }
}
