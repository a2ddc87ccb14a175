import Testing

@testable import BackupArchive

@Suite struct TarScanTests {
  /// A header block with a right checksum.
  private func header(_ path: String, type: Character, size: [UInt8]) -> [UInt8] {
    var block = [UInt8](repeating: 0, count: 512)
    block.replaceSubrange(0..<path.utf8.count, with: path.utf8)
    block.replaceSubrange(124..<124 + size.count, with: size)
    block[156] = type.asciiValue ?? 0
    block.replaceSubrange(257..<265, with: "ustar\u{0}00".utf8)
    block.replaceSubrange(148..<156, with: [UInt8](repeating: 0x20, count: 8))
    let sum = String(block.reduce(0) { $0 + Int($1) }, radix: 8)
    block.replaceSubrange(148..<156, with: (String(repeating: "0", count: 6 - sum.count) + sum).utf8 + [0, 0x20])
    return block
  }

  @Test(arguments: ["x", "g", "0"] as [Character]) func noSizeThatAHeaderClaimsIsBelieved(type: Character) {
    // The greatest that fits 63 bits by the way in which it is read.
    let greatest: [UInt8] = [0x80, 0, 0, 0, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE, 0xFF]
    var scan = TarScan()
    let content = header("a", type: type, size: greatest) + [UInt8](repeating: 7, count: 512)
    for region in scan.next(content).regions { #expect(region.bytes == 512..<1024) }
    for region in scan.next(content).regions { #expect(region.bytes.upperBound <= content.count) }
  }

  @Test func followsAMemberFromFrameToFrameAndFindsTheNextBehindAGap() {
    let size = Array("00000003000\0".utf8)  // 1536 bytes
    let first = header("a", type: "0", size: size) + [UInt8](repeating: 1, count: 700)
    let second = [UInt8](repeating: 1, count: 836)
    var scan = TarScan()
    let begin = scan.next(first)
    #expect(begin.beginsMember && !begin.endsMember)
    #expect(begin.regions.map(\.bytes) == [512..<1212])
    let end = scan.next(second)
    #expect(!end.beginsMember && end.endsMember)
    #expect(end.regions.map(\.fileOffset) == [700])
    #expect(scan.next([UInt8](repeating: 0, count: 1024)).isClosing)

    var behind = TarScan()
    behind.skip()
    let lost = behind.next(second)
    #expect(lost.regions.map(\.isExact) == [false] && lost.regions[0].path.isEmpty)
    #expect(behind.next(first).beginsMember)
  }
}
