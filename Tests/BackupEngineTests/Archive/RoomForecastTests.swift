import BackupModel
import TestSupport
import Testing

@testable import BackupEngine
@testable import BackupRepository

@Suite struct RoomForecastTests {
  private func item(_ name: String, _ bytes: Int? = nil, points: Int = 4) throws -> RoomForecast.Item {
    RoomForecast.Item(
      try #require(SourceID(kind: .tree, name: name)),
      bytes.map { ExpectedGrowth(bytes: ByteCount($0), pointCount: points) })
  }

  private func warnings(free: Int, total: Int = 1 << 30, _ items: [RoomForecast.Item]) -> [String] {
    RoomForecast(free: ByteCount(free), total: ByteCount(total), items).warnings
  }

  @Test func saysNothingWhereThereIsRoom() throws {
    #expect(warnings(free: 300, total: 3000, [try item("a", 100), try item("b", 200)]).isEmpty)
    #expect(warnings(free: 300, total: 3000, [try item("new")]).isEmpty)
    #expect(warnings(free: 0, []).isEmpty)
  }

  @Test func saysHowMuchWillBeMissingAndForWhat() throws {
    let items = try [
      item("a", 100), item("b", 300, points: 1), item("c", 200), item("d", 50), item("e", 0), item("f", 40),
    ]
    #expect(
      warnings(free: 500, total: 3000, items) == [
        "the backup disk has 500 B free, and about 690 B will be added (tree/b 300 B, what its last point stored; "
          + "tree/c 200 B, the most that one of its last 4 points stored; "
          + "tree/a 100 B, the most that one of its last 4 points stored; 2 more): "
          + "190 B will probably be missing; `backupctl usage` shows what takes the room"
      ])
  }

  @Test func saysThatNothingTellsWhatIsAddedWhereLittleIsFree() throws {
    #expect(
      warnings(free: 299, total: 3000, [try item("a", 100), try item("new")]) == [
        "the backup disk has 299 B free, and nothing tells how much tree/new will add: "
          + "there are no points after a first one"
      ])
    let many = try ["a", "b", "c", "d", "e"].map { try item($0) }
    #expect(warnings(free: 1, many)[0].contains("how much tree/a, tree/b, tree/c and 2 more will add"))
  }

  @Test func goesByTheLastPointsButNotTheOldest() throws {
    let scene = try ArchiveScene()
    var random = SeededRandom(seed: 1)
    try scene.write("first", random.bytes(300_000))
    func growth() throws -> ExpectedGrowth? { try ExpectedGrowth(of: try scene.store(in: scene.repositoryDirectory)) }
    #expect(try growth() == nil)
    func archive() throws {
      _ = try scene.archive(FileStorage(directory: Array(scene.repositoryDirectory.path.utf8)))
    }
    try archive()
    #expect(try growth() == nil)
    try scene.write("second", random.bytes(50_000))
    try archive()
    try archive()
    let found = try #require(try growth())
    #expect(found.pointCount == 2)
    #expect((50_000...60_000).contains(found.bytes.bytes))
  }
}

@Suite struct FullDiskTests {
  private func text(stored: Int64, kept: Int64 = 0, free: Int64?, growth: Int? = nil) -> String {
    FullDisk.text(
      stored: stored, kept: kept, free: free.map { ByteCount($0) },
      growth: growth.map { ExpectedGrowth(bytes: ByteCount($0), pointCount: 3) })
  }

  @Test func saysHowMuchMoreIsNeeded() {
    #expect(
      text(stored: 400, kept: 100, free: 300, growth: 900)
        == "400 B of the point were stored, of which 100 B stay for the next attempt; 300 B are free now, "
        + "and about 500 B more are needed, by the most that one of its last 3 points stored")
  }

  @Test func saysThatNothingTells() {
    #expect(
      text(stored: 400, free: 300)
        == "400 B of the point were stored; 300 B are free now; how much more is needed isn't known: "
        + "the source has no point after a first one")
    #expect(
      text(stored: 400, free: nil, growth: 200)
        == "400 B of the point were stored; how much more is needed isn't known: "
        + "it is more than the most that one of its last 3 points stored, 200 B")
  }
}
