import BackupModel
import BackupRepository
import HostSystem
import Testing

@testable import BackupCommands

/// The text of tables, made of documents with fixed numbers.
@Suite struct PointsTableTests {
  private static let now = Timestamp(CalendarTime(year: 2026, month: 11, day: 22, hour: 5))

  /// A point that was begun some seconds before ``now``.
  private static func point(_ secondsAgo: Int64, _ change: (inout RecoveryPoint) -> Void = { _ in }) throws
    -> RecoveryPoint
  {
    let begun = now.adding(seconds: -secondsAgo)
    var statistics = RecoveryPoint.Statistics()
    statistics.entries = 19_232
    statistics.files = 17_000
    statistics.directories = 2_000
    statistics.bytes = 838_860_800
    statistics.newChunks = 12
    statistics.newBytes = 3_000_000
    statistics.storedBytes = 1_200_345
    statistics.readBytes = 4_000_000
    statistics.filesRead = 11
    var point = RecoveryPoint(
      id: RecoveryPointID(begun: begun), source: try #require(SourceID(kind: .tree, name: "nfs/immich")),
      repository: "6f1c1f0e-2a5b-4c7d-9e8f-0a1b2c3d4e5f", begun: begun, ended: begun.adding(seconds: 83),
      host: "pve", tool: "backupctl 0.1.0",
      origin: RecoveryPoint.Origin(path: "/mnt/main/immich", resolvedPath: "/srv/nfs/immich"), consistency: .live,
      suspicious: [], index: IndexRoot(root: ChunkID(words: SIMD4(1, 2, 3, 4)), level: 1), statistics: statistics,
      warnings: [], warningCount: 0)
    change(&point)
    return point
  }

  @Test func listsPointsWithTheirStates() throws {
    let points = try [
      Self.point(90 * 86_400),
      Self.point(3 * 86_400) { $0.state = .warnings },
      Self.point(7200) { $0.suspicious = ["the tree is empty"] },
      Self.point(40),
    ]
    var rows = points.map { PointRow($0.id, $0, isPartial: false) }
    rows.insert(PointRow(RecoveryPointID(begun: Self.now.adding(seconds: -86_400)), nil, isPartial: false), at: 2)
    try GoldenText.expect(
      PointRow.lines(rows, now: Self.now).joined(separator: "\n") + "\n", equals: "points-of-a-source")
  }

  @Test func listsSourcesWithTheirNewestPoints() async throws {
    let runner = try CommandRunner()
    _ = await runner.run("init", runner.repository)
    let repository = try Repository.open(Array(runner.repository.utf8))
    let store = repository.store(try #require(SourceID(kind: .tree, name: "nfs/immich")))
    let unfinished = try SourceRow(store) { _, _ in nil }
    #expect(SourceRow.lines([unfinished], now: Self.now).last?.hasSuffix("unfinished") == true)
    #expect(SourceRow.lines([], now: Self.now).isEmpty)
  }

  @Test func showsEverythingOfAPoint() throws {
    let point = try Self.point(7200) { point in
      point.state = .warnings
      point.suspicious = ["it has 1 entries, the point before had 19232"]
      point.warnings = [
        RecoveryPoint.Warning(path: "upload/a.jpg", problem: "can't be read: Permission denied", errno: 13),
        RecoveryPoint.Warning(path: "db/caf\\xe9", problem: "changed while it was read"),
      ]
      point.warningCount = 1234
    }
    try GoldenText.expect(
      ShowCommand.lines(point, nil, now: Self.now).joined(separator: "\n") + "\n", equals: "show")
  }

  @Test(
    arguments: [
      (0, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "119 min"), (7200, "2 h"), (172_799, "47 h"),
      (172_800, "2 d"), (34_560_000, "400 d"), (-7200, "in 2 h"),
    ] as [(Int64, String)]) func agesHaveTheLargestUnitOfWhichThereAreTwo(seconds: Int64, text: String)
  {
    #expect(AgeText.of(Self.now.adding(seconds: -seconds), now: Self.now) == text)
  }
}
