import Testing

@testable import VolumeSnapshots

@Suite("Usage of thin devices")
struct ThinUsageTests {
  /// Recorded: `thin_ls -m --no-headers` 0.9.0.
  @Test func readsWhatEachDeviceTakes() throws {
    let usage = try ThinUsage.parse(Array(" 1 47  8 0 0 \n 2 43  4 1 1 \n10  0  0 5 3 \n".utf8), chunkSize: 65_536)
    #expect(usage.keys.sorted() == [1, 2, 10])
    #expect(
      usage[2]
        == ThinUsage(
          thinID: 2, mappedBlocks: 43, exclusiveBlocks: 4, transaction: 1, creationTime: 1, chunkSize: 65_536))
    #expect(usage[2]?.mappedBytes == 2_818_048)
    #expect(usage[2]?.exclusiveBytes == 262_144)
  }

  @Test func isEmptyForAPoolWithoutVolumes() throws { #expect(try ThinUsage.parse([], chunkSize: 512).isEmpty) }

  @Test(arguments: [
    "1 2 3 4 5", "1 2 3 4\n", "1 2 3 4 5 6\n", "a 2 1 4 5\n", "DEV MAPPED EXCLUSIVE TRANSACTION CREATE\n",
    "1 2 3 4 5\n", "1 2 1 4 5\n1 2 1 4 5\n", "1 -2 1 4 5\n", "1 99999999999999999999999 1 4 5\n",
    "no current metadata snap\n",
  ])
  func refusesWhatIsNotAWholeTable(text: String) {
    #expect(throws: ThinXMLError.self) { try ThinUsage.parse(Array(text.utf8), chunkSize: 512) }
  }
}
