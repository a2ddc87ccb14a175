import BackupModel
import TestSupport
import Testing

@testable import VolumeSnapshots

@Suite struct SnapshotTagsTests {
  @Test func writesWhatItReads() {
    var tags = SnapshotTags(
      run: "20261122T030000Z-1", schedule: "weekly: all volumes, “pvc” #1", origin: "vm-1.a+b",
      created: Timestamp(seconds: 1_795_370_472), isBase: true)
    tags.isUnfinished = true
    #expect(SnapshotTags(tags.encoded) == tags)
  }

  @Test func writesOnlyCharactersThatLVMAllows() throws {
    var random = SeededRandom(seed: 7)
    let allowed = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+.-/=!:&#")
    for _ in 0..<200 {
      let text = String(decoding: random.bytes(12), as: UTF8.self)
      let tags = SnapshotTags(schedule: text, origin: nil, created: nil)
      #expect(tags.encoded.allSatisfy { $0.allSatisfy(allowed.contains) })
      #expect(SnapshotTags(tags.encoded)?.schedule == text)
    }
  }

  @Test(arguments: [[], ["backup"], ["backupctl.run=x"], ["Backupctl"], ["backupctl2"]])
  func isNobodysWithoutTheTagOfOwnership(tags: [String]) { #expect(SnapshotTags(tags) == nil) }

  @Test(arguments: ["backupctl.created=soon", "backupctl.run=#", "backupctl.run=#zz", "backupctl.run=#ff"])
  func isOursAllTheSameWhenAnotherTagCannotBeUnderstood(tag: String) throws {
    let tags = try #require(SnapshotTags(["backupctl", tag]))
    #expect(tags.run == nil && tags.created == nil)
  }
}
