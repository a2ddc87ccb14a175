import BackupModel
import BackupPolicy
import Testing

@testable import BackupEngine

@Suite struct VolumeRowTests {
  private let day = Timestamp(CalendarTime(year: 2026, month: 11, day: 22))

  private func snapshot(_ name: String, hour: Int64, exclusive: Int?) -> VolumeFacts.Snapshot {
    VolumeFacts.Snapshot(
      name: name, created: day.adding(seconds: hour * 3600), exclusive: exclusive.map { .mebibytes($0) })
  }

  @Test func joinsFactsCoverageAndPointsByNameAndLeavesOwnSnapshotsOut() throws {
    let volumes = VolumeScene.seen().volumes
    let facts = volumes.reversed().map { VolumeFacts(volume: $0) }
    let coverage = VolumeCoverage(
      try VolumeScene.declarations("{name: pvc, group: pve, pool: data, match: \"*-pvc-*\"}"), seen: VolumeScene.seen())
    let source = try #require(SourceID(parsing: "volume/pve/vm-9999-pvc-2"))
    let rows = VolumeRow.rows(facts, coverage: coverage.items, points: [source: day])
    #expect(
      rows.map(\.name)
        == ["scratch", "vm-101-disk-0", "vm-9999-pvc-1", "vm-9999-pvc-2", "vm-9999-pvc-3"].map { "pve/\($0)" })
    #expect(rows.map(\.coverage?.selection) == [nil, nil, "pvc", "pvc", "pvc"])
    #expect(rows[0].coverage == nil && rows[1].coverage?.protection == .uncovered)
    #expect(rows.map(\.newestPoint) == [nil, nil, nil, day, nil])
    #expect(rows[3].facts.volume.claim?.description == "media/cache-a")
  }

  @Test func addsUpWhatTheSnapshotsCostIfItIsKnownOfEach() {
    let volume = VolumeScene.volume("v")
    func row(_ snapshots: [VolumeFacts.Snapshot]) -> VolumeRow? {
      VolumeRow.rows([VolumeFacts(volume: volume, snapshots: snapshots)], coverage: [], points: [:]).first
    }
    let known = row([snapshot("b", hour: 2, exclusive: 3), snapshot("a", hour: 1, exclusive: 5)])
    #expect(known?.exclusive == .mebibytes(8) && known?.newestSnapshot?.name == "b")
    let partly = row([snapshot("a", hour: 1, exclusive: 5), snapshot("b", hour: 2, exclusive: nil)])
    #expect(partly?.exclusive == nil && partly?.newestSnapshot?.name == "b")
    #expect(row([])?.exclusive == .zero && row([])?.newestSnapshot == nil)
  }
}
