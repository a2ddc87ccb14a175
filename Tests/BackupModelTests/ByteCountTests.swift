import BackupModel
import TestSupport
import Testing

@Suite struct ByteCountTests {
  @Test(arguments: [
    (0, "0 B"), (1, "1 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"), (10_240, "10 KiB"),
    (1_048_575, "1.0 MiB"), (17 << 20, "17 MiB"), (3 << 30, "3.0 GiB"), (-2048, "-2.0 KiB"),
    (Int64.max, "8.0 EiB"), (Int64.min, "-8.0 EiB"),
  ])
  func printsABinaryUnit(bytes: Int64, text: String) { #expect(ByteCount(bytes).description == text) }

  @Test(arguments: [
    ("0", 0), ("123", 123), ("64K", 65_536), ("64KiB", 65_536), ("64 KiB", 65_536), ("1.5 GiB", 1_610_612_736),
    ("2m", 2 << 20), ("1T", 1 << 40), ("3pib", 3 << 50), ("7b", 7),
  ])
  func parsesANumberWithAUnit(text: String, bytes: Int64) { #expect(ByteCount(parsing: text)?.bytes == bytes) }

  @Test(arguments: ["", "K", "1.2.3K", "-5", "5X", "1e400", "9999P", "KiB", "1KB2", "0x10"])
  func refusesWhatIsNotASize(text: String) { #expect(ByteCount(parsing: text) == nil) }

  @Test func parsesWhatItPrintsWithinItsPrecision() throws {
    var random = SeededRandom(seed: 12)
    for _ in 0..<500 {
      let count = ByteCount(Int64(random.next() >> UInt64(1 + random.below(60))))
      guard count.bytes < 1 << 60 else { continue }
      let parsed = try #require(ByteCount(parsing: count.description))
      #expect(abs(Double(parsed.bytes - count.bytes)) <= Double(count.bytes) * 0.051)
    }
  }
}
