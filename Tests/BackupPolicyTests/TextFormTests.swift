import BackupModel
import Testing

@testable import BackupPolicy

@Suite struct TextFormTests {
  @Test(
    arguments: [
      ("90s", 90), ("1m30s", 90), ("2h", 7200), ("3d", 259_200), ("1w", 604_800), ("0s", 0), ("1d12h", 129_600),
    ] as [(String, Int)])
  func parsesALengthOfTime(_ text: String, _ seconds: Int) {
    #expect(Duration(parsing: text) == .seconds(seconds))
  }

  @Test(arguments: ["", "90", "s", "1.5h", "-1s", "30s1m", "1m1m", "1 m", "1ms", "5S", "1234567890s", "1h ", "٣s"])
  func refusesWhatIsNoLengthOfTime(_ text: String) {
    #expect(Duration(parsing: text) == nil)
  }

  @Test(
    arguments: [(0, "0s"), (90, "1m30s"), (7200, "2h"), (1_209_600, "14d"), (90_061, "1d1h1m1s")] as [(Int, String)])
  func printsALengthOfTimeThatParsesBack(_ seconds: Int, _ text: String) {
    #expect(Duration.seconds(seconds).policyText == text)
    #expect(Duration(parsing: text) == .seconds(seconds))
  }

  @Test(
    arguments: [
      ("5%", 50_000), ("0%", 0), ("100%", 1_000_000), ("0.5%", 5000), ("12.3456%", 123_456), ("0.0001%", 1),
    ] as [(String, Int)])
  func parsesAndPrintsAPercentage(_ text: String, _ millionths: Int) throws {
    let share = try #require(Percentage(parsing: text))
    #expect(share.millionths == millionths)
    #expect(share.description == text)
  }

  @Test(arguments: ["", "%", "5", "5 %", "-5%", ".5%", "5.%", "1.23456%", "1.2.3%", "5%%", "9999999999%"])
  func refusesWhatIsNoPercentage(_ text: String) {
    #expect(Percentage(parsing: text) == nil)
  }

  @Test(arguments: [(0, "0"), (1000, "1000"), (1024, "1KiB"), (1536, "1536"), (2_097_152, "2MiB")] as [(Int, String)])
  func printsABytesCountWithoutRounding(_ bytes: Int, _ text: String) {
    #expect(ByteCount(bytes).exactText == text)
    #expect(ByteCount(parsing: text) == ByteCount(bytes))
  }

  @Test(arguments: [
    "", "plain", "\"\\", "a\nb\tc", "\u{1}\u{7f}\u{85}\u{a0}\u{2028}\u{feff}", "größe 🗄", "# : - {}", " x ",
  ])
  func quotesATextSoThatItReadsBack(_ text: String) throws {
    let node = try DocumentNode.parse(text: "key: \(text.yamlQuoted)", file: "f.yaml")
    #expect(try node.mapping(allowing: ["key"]).required("key").string() == text)
  }
}
