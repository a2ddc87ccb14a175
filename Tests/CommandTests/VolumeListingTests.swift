import BackupEngine
import BackupModel
import BackupPolicy
import Testing

@testable import BackupCommands

@Suite struct VolumeListingTests {
  private static let now = Timestamp(CalendarTime(year: 2026, month: 11, day: 22, hour: 6))

  private func rows() throws -> [VolumeRow] {
    let claim = ClaimName(namespace: "media", name: "jellyfin")
    let first = VolumeCandidate(
      group: "pve", pool: "data", name: "vm-9999-pvc-1", size: .gibibytes(10), claim: claim)
    let other = VolumeCandidate(group: "pve", pool: "data", name: "vm-101-disk-0", size: .gibibytes(32))
    let source = try #require(first.source)
    let snapshots = [
      VolumeFacts.Snapshot(
        name: "vm-9999-pvc-1_snap_20261121_0300", created: Self.now.adding(seconds: -97_200), exclusive: .mebibytes(5)),
      VolumeFacts.Snapshot(
        name: "vm-9999-pvc-1_snap_20261122_0300", created: Self.now.adding(seconds: -10_800), exclusive: .mebibytes(3),
        isBase: true),
    ]
    return VolumeRow.rows(
      [
        VolumeFacts(volume: first, mapped: .gibibytes(4), isEncrypted: true, snapshots: snapshots),
        VolumeFacts(volume: other),
        VolumeFacts(volume: VolumeCandidate(group: "ssd", pool: "fast", name: "x", size: .gibibytes(1))),
      ],
      coverage: [
        CoverageSurvey.Item(
          kind: .volume, path: "pve/vm-9999-pvc-1", claim: claim, protection: .protected(by: source), selection: "pvc"),
        CoverageSurvey.Item(kind: .volume, path: "pve/vm-101-disk-0", protection: .uncovered, note: "why"),
      ], points: [source: Self.now.adding(seconds: -7200)])
  }

  @Test func printsWhatIsKnownAndMarksWhatIsNot() throws {
    #expect(
      VolumeListing.lines(try rows(), now: Self.now) == [
        "VOLUME             CLAIM              SIZE   MAPPED  SNAPSHOTS     COST  LUKS  SNAPSHOT  POINT  COVERED BY",
        "pve/vm-101-disk-0  -                32 GiB        ?          0        -  ?            -  never  UNCOVERED",
        "pve/vm-9999-pvc-1  media/jellyfin   10 GiB  4.0 GiB          2  8.0 MiB  yes        3 h    2 h  pvc",
        "ssd/x              -               1.0 GiB        ?          0        -  ?            -  never  "
          + "no declaration names its pool",
      ])
  }

  @Test func isADocumentWithEachSnapshotAndItsCost() throws {
    let text = try JSONText.encode(VolumeListing(try rows(), problems: ["the group x can't be listed"]))
    for part in [
      #""volume" : "pve/vm-9999-pvc-1""#, #""claim" : "media/jellyfin""#, #""exclusiveBytes" : 8388608"#,
      #""mappedBytes" : 4294967296"#, #""encrypted" : true"#, #""base" : true"#, #""state" : "protected""#,
      #""source" : "volume/pve/vm-9999-pvc-1""#, #""selection" : "pvc""#, #""newestPoint" : "2026-11-22T04:00:00Z""#,
      #""state" : "uncovered""#, #""note" : "why""#, #""the group x can't be listed""#,
    ] { #expect(text.contains(part), "\(part)") }
  }
}
