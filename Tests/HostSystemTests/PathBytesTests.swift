import HostSystem
import TestSupport
import Testing

@Suite struct PathBytesTests {
  @Test(arguments: [
    ([], ""), (Array("etc/passwd".utf8), "etc/passwd"), (Array("größe/日本/🗄".utf8), "größe/日本/🗄"),
    ([0x61, 0xFF, 0x62], "a\\xffb"), ([0x0A, 0x1B, 0x7F], "\\x0a\\x1b\\x7f"),
    // A sequence that ends too early, one that is too long for its scalar, half of a surrogate pair.
    ([0xE2, 0x82], "\\xe2\\x82"), ([0xE2, 0x82, 0x61], "\\xe2\\x82a"), ([0xC0, 0xAF], "\\xc0\\xaf"),
    ([0xED, 0xA0, 0x80], "\\xed\\xa0\\x80"), ([0xF0, 0x9F, 0xFF, 0xC3, 0xA9], "\\xf0\\x9f\\xffé"),
    ([0x80, 0x80], "\\x80\\x80"),
  ])
  func showsEachByteThatIsNotTextAsAnEscape(path: [UInt8], shown: String) { #expect(path.displayedPath == shown) }

  @Test func showsValidTextAsItIsForRandomScalars() {
    var random = SeededRandom(seed: 21)
    for _ in 0..<500 {
      var text = ""
      for _ in 0..<random.below(8) {
        if let scalar = Unicode.Scalar(UInt32(0x80 + random.below(0x10_0000))) { text.unicodeScalars.append(scalar) }
      }
      #expect(Array(text.utf8).displayedPath.unicodeScalars.elementsEqual(text.unicodeScalars))
    }
  }

  @Test func neverShowsAControlCharacterWhateverTheBytes() {
    var random = SeededRandom(seed: 22)
    for _ in 0..<500 {
      let shown = random.bytes(random.below(20)).displayedPath
      #expect(shown.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F && $0 != "\u{FFFD}" })
    }
  }

  /// A hostile index may hold such a path; it is shown in linear time and without deep recursion.
  @Test func showsALongPathOfInvalidBytes() {
    let shown = [UInt8](repeating: 0xFF, count: 1 << 18).displayedPath
    #expect(shown.utf8.count == 1 << 20)
  }
}
