import BackupRepository
import Testing

@Suite struct AttestationFrameRangesTests {
  @Test(arguments: [
    ([], ""), ([0], "0"), ([0, 1, 2], "0-2"), ([5, 0, 1, 3, 2, 0], "0-3,5"), ([7, 9, 8, 1], "1,7-9"),
  ])
  func printsAscendingRangesOfNumbersInAnyOrder(numbers: [Int], text: String) throws {
    let frames = FrameRanges(numbers)
    #expect(frames.description == text)
    #expect(frames.numbers == Set(numbers).sorted())
    #expect(frames.count == Set(numbers).count)
    #expect(try #require(FrameRanges(parsing: text)) == frames)
  }

  @Test(arguments: ["-", "3-1", "1,1", "5,2", "0-2,2", "0-2,3", "a", "1-", "-1", "1,", "99999999999", "+1", "1-2-3"])
  func refusesTextThatItWouldNotPrint(text: String) {
    // "0-2,3" would be printed "0-3".
    #expect(FrameRanges(parsing: text) == nil)
  }

  @Test func containsExactlyItsNumbers() {
    let frames = FrameRanges([0, 1, 2, 10, 20, 21])
    #expect((0..<30).filter { frames.contains($0) } == [0, 1, 2, 10, 20, 21])
  }
}
