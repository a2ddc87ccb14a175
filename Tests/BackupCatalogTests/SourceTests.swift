import BackupModel
import Testing

@testable import BackupCatalog

@Suite struct SourceTests {
  private let scene: CatalogScene
  private let sources: SourceBook
  private let immich: SourceID
  private let start = Timestamp(seconds: 1_800_000_000)

  init() throws {
    scene = try CatalogScene()
    sources = try scene.open().sources
    immich = try #require(SourceID(parsing: "tree/nfs/immich"))
  }

  private func attempt(_ outcome: RecordedState, hour: Int64) -> SourceAttempt {
    SourceAttempt(on: immich, at: start.adding(seconds: hour * 3600), outcome: outcome)
  }

  private func hours(_ time: Timestamp?) -> Double? { time.map { $0.secondsSince(start) / 3600 } }

  @Test func keepsTheLastAttempt() throws {
    #expect(try sources.source(immich) == nil)
    let run = RunID(schedule: "weekly", begun: start)
    try sources.record([
      SourceAttempt(
        on: immich, at: start, outcome: .degraded, message: "2 files were unreadable", run: run,
        duration: .milliseconds(61_500), read: .gibibytes(3), stored: .mebibytes(12), warnings: 2)
    ])
    let record = try #require(try sources.source(immich))
    #expect(record.attempted == start)
    #expect(record.outcome == .degraded)
    #expect(record.message == "2 files were unreadable")
    #expect(record.run == run)
    #expect(record.succeeded == start)
    #expect(record.failingSince == nil)
    #expect(record.duration == .milliseconds(61_500))
    #expect(record.read == .gibibytes(3))
    #expect(record.stored == .mebibytes(12))
    #expect(record.warnings == 2)
    #expect(try sources.all() == [record])
  }

  @Test(
    arguments: [
      ([RecordedState.succeeded, .failed, .failed], 0.0, 1.0), ([.failed, .timedOut, .died], nil, 0),
      ([.failed, .succeeded], 1, nil), ([.succeeded, .failed, .cancelled], 0, 1),
      ([.succeeded, .failed, .degraded, .failed], 2, 3), ([.cancelled, .skipped], nil, nil),
    ] as [([RecordedState], Double?, Double?)])
  func knowsSinceWhenASourceFails(outcomes: [RecordedState], succeeded: Double?, failingSince: Double?) throws {
    for (hour, outcome) in outcomes.enumerated() { try sources.record([attempt(outcome, hour: Int64(hour))]) }
    let record = try #require(try sources.source(immich))
    #expect(hours(record.succeeded) == succeeded)
    #expect(hours(record.failingSince) == failingSince)
    #expect(record.outcome == outcomes.last)
  }

  @Test func letsAnOlderAttemptChangeNothingThatIsNewer() throws {
    try sources.record([attempt(.succeeded, hour: 5), attempt(.failed, hour: 3)])
    var record = try #require(try sources.source(immich))
    #expect(hours(record.attempted) == 5)
    #expect(record.outcome == .succeeded)
    #expect(record.failingSince == nil)
    try sources.record([attempt(.failed, hour: 9), attempt(.succeeded, hour: 7)])
    record = try #require(try sources.source(immich))
    #expect(hours(record.attempted) == 9)
    #expect(hours(record.succeeded) == 7)
    #expect(hours(record.failingSince) == 9)
  }

  @Test func fillsInWhatTheRepositoryKnowsButNothingThatIsOlder() throws {
    let other = try #require(SourceID(parsing: "stream/firewall"))
    try sources.record([attempt(.succeeded, hour: 5), attempt(.failed, hour: 6)])
    let points = [immich: start.adding(seconds: 4 * 3600), other: start]
    #expect(try sources.refill(points) == 1)
    #expect(hours(try sources.source(immich)?.succeeded) == 5)
    let filled = try #require(try sources.source(other))
    #expect(filled.succeeded == start)
    #expect(filled.attempted == nil)
    #expect(filled.outcome == nil)
    #expect(try sources.refill(points) == 0)
    #expect(try sources.refill([immich: start.adding(seconds: 6 * 3600)]) == 1)
    #expect(try sources.source(immich)?.outcome == .failed)
  }

  @Test func forgetsASource() throws {
    try sources.record([attempt(.succeeded, hour: 0)])
    try sources.forget(immich)
    #expect(try sources.all().isEmpty)
  }
}
