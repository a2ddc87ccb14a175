/// What a plain name is made of, for messages.
let plainNameRule = "a name: letters, digits and `. _ -`, at most 64, the first a letter or digit"

/// Whether a text is a plain name: of a schedule, a job, a resource or a notification.
///
/// Such a name can stand in a file name, a unit name and a metric's label as it is.
func isPlainName(_ text: some StringProtocol) -> Bool {
  func isAlphanumeric(_ byte: UInt8) -> Bool {
    let lower = byte | 0x20
    return (lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z"))
      || (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9"))
  }
  guard let first = text.utf8.first, isAlphanumeric(first), text.utf8.count <= 64 else { return false }
  return text.utf8.allSatisfy {
    isAlphanumeric($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
  }
}

extension DocumentNode {
  /// The value as a plain name.
  func plainName() throws(PolicyError) -> String {
    let name = try string()
    guard isPlainName(name) else { throw unexpected(expected: plainNameRule) }
    return name
  }
}
