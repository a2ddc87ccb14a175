import Testing
import VolumeSnapshots

@Suite struct FillLevelTests {
  @Test(arguments: [("0.00", 0), ("6.25", 62_500), ("99.99", 999_900), ("100.00", 1_000_000), ("87", 870_000)])
  func parsesWhatLVMPrints(text: String, millionths: Int) {
    #expect(FillLevel(parsing: text)?.millionths == millionths)
  }

  @Test(arguments: ["", ".", "1.", ".5", "-1.00", "1.2.3", "1,5", "nan", "9999", "1.00000", "5%"])
  func refusesAnythingElse(text: String) { #expect(FillLevel(parsing: text) == nil) }

  @Test(arguments: [(0, "0.00%"), (999_999, "99.99%"), (1_000_000, "100.00%"), (50_700, "5.07%")])
  func printsOnlyWhatIsFullAsFull(millionths: Int, text: String) {
    #expect(FillLevel(millionths: millionths).description == text)
  }
}
