import TestSupport
import Testing
import VolumeSnapshots

@Suite("Block maps of plaintext")
struct PlaintextMapTests {
  typealias Range = BlockMap.Range
  static let segment = LUKSSegment(offset: 4096, sectorSize: 512, encryption: "aes-xts-plain64")

  private func map(
    _ ciphertext: BlockMap, size: Int64, unmapped: UnmappedCiphertext = .isHole, segment: LUKSSegment = segment
  ) -> [Range] { ciphertext.plaintext(of: segment, size: size, unmapped: unmapped).ranges }

  @Test func leavesOutWhatChangedInTheHeaderOnly() {
    let ciphertext = BlockMap(size: 12_288, [Range(0..<4096, .changed), Range(4096..<12_288, .same)])
    #expect(map(ciphertext, size: 8192) == [Range(0..<8192, .same)])
  }

  @Test func movesAChangedRangeToTheFrontByTheHeader() {
    let ciphertext = BlockMap(size: 12_288, [Range(0..<12_288, .same), Range(8192..<8704, .changed)])
    #expect(
      map(ciphertext, size: 8192) == [Range(0..<4096, .same), Range(4096..<4608, .changed), Range(4608..<8192, .same)])
  }

  @Test func readsAWholeSectorOfWhichOneByteChanged() {
    let ciphertext = BlockMap(size: 8192, [Range(0..<8192, .same), Range(5000..<5001, .changed)])
    #expect(
      map(ciphertext, size: 4096) == [Range(0..<512, .same), Range(512..<1024, .changed), Range(1024..<4096, .same)])
  }

  @Test func readsASectorThatIsSameInPartAndUnmappedInPart() {
    let ciphertext = BlockMap(size: 8192, [Range(0..<4196, .same)])
    #expect(map(ciphertext, size: 4096) == [Range(0..<512, .changed), Range(512..<4096, .unmapped)])
  }

  @Test func readsWhatLiesBeyondTheKnownCiphertext() {
    #expect(
      map(BlockMap(size: 5120, [Range(0..<5120, .same)]), size: 4096)
        == [Range(0..<1024, .same), Range(1024..<4096, .changed)])
    #expect(map(BlockMap(size: 512, []), size: 1024) == [Range(0..<1024, .changed)])
  }

  @Test func hasNoRangesForAVolumeThatIsAllHeader() {
    #expect(map(BlockMap(size: 4096, [Range(0..<4096, .changed)]), size: 0).isEmpty)
  }

  @Test func readsUnmappedCiphertextWhereItsNoiseIsWanted() {
    let ciphertext = BlockMap(size: 8192, [Range(4096..<6144, .same)])
    #expect(map(ciphertext, size: 4096, unmapped: .isRead) == [Range(0..<2048, .same), Range(2048..<4096, .changed)])
    #expect(map(ciphertext, size: 4096, unmapped: .isHole) == [Range(0..<2048, .same), Range(2048..<4096, .unmapped)])
  }

  @Test func agreesWithASectorWiseModelForRandomRanges() {
    var random = SeededRandom(seed: 4096)
    var straddling = 0
    for _ in 0..<600 {
      let sector = [4, 8][random.below(2)]
      let offset = random.below(40)
      let size = Int64(random.below(100))
      let ciphertextSize = max(0, Int(size) / sector * sector + offset - random.below(12) + 2)
      let ranges = (0..<random.below(9)).map { _ -> Range in
        let start = Int64(random.below(120))
        return Range(start..<start + Int64(random.below(30)), [.changed, .same, .unmapped][random.below(3)])
      }
      let ciphertext = BlockMap(size: Int64(ciphertextSize), ranges)
      let states = ciphertext.ranges.flatMap { range in range.bytes.map { _ in range.state } }
      let plaintextSize = size / Int64(sector) * Int64(sector)
      let unmapped: UnmappedCiphertext = random.below(2) == 0 ? .isHole : .isRead
      var model: [BlockMap.State] = []
      for start in stride(from: 0, to: Int(plaintextSize), by: sector) {
        let bytes = (start + offset..<start + offset + sector).map { $0 < states.count ? states[$0] : .changed }
        var state = Set(bytes).count == 1 ? bytes[0] : .changed
        if Set(bytes).count > 1 { straddling += 1 }
        if state == .unmapped, unmapped == .isRead { state = .changed }
        model += [BlockMap.State](repeating: state, count: sector)
      }
      let segment = LUKSSegment(offset: Int64(offset), sectorSize: Int64(sector), encryption: "x")
      let plaintext = ciphertext.plaintext(of: segment, size: plaintextSize, unmapped: unmapped)
      #expect(plaintext.size == plaintextSize)
      #expect(plaintext.ranges.flatMap { range in range.bytes.map { _ in range.state } } == model)
    }
    #expect(straddling > 100)
  }
}
