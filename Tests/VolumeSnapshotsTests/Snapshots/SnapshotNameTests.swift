import BackupModel
import Testing

@testable import VolumeSnapshots

@Suite struct SnapshotNameTests {
  private let time = Timestamp(CalendarTime(year: 2026, month: 11, day: 2, hour: 3, minute: 4, second: 59))

  private func next(_ volume: String, group: String = "pve", taken: [String] = []) throws -> String {
    let name = try #require(VolumeName(group: group, volume: volume))
    let names = Set(taken.compactMap { name.sibling($0) })
    return try SnapshotName.next(for: name, at: time, taken: names).volume
  }

  @Test(arguments: ["data", "vm-101-pvc-x", "a.b_c+d", ".hidden"])
  func isTheVolumesNameWithDateAndTime(volume: String) throws {
    #expect(try next(volume) == "\(volume)_snap_20261102_0304")
  }

  @Test func countsOnWhenTheNameIsTaken() throws {
    let first = "data_snap_20261102_0304"
    #expect(try next("data", taken: [first]) == first + "_2")
    #expect(try next("data", taken: [first, first + "_2"]) == first + "_3")
  }

  /// LVM takes 124 bytes for group and volume together, the kernel 127 for the name with its hyphens doubled (both tried).
  @Test(arguments: [
    (102, "x", false), (103, "x", true), (121, "x", true), (51, "-", false), (53, "-", true), (60, "-", true),
  ])
  func isShortenedOnlyWhenItWouldBeTooLong(length: Int, letter: String, isShortened: Bool) throws {
    let volume = "a" + String(repeating: letter, count: length - 1)
    let name = try #require(VolumeName(group: "pve", volume: try next(volume)))
    #expect(name.volume.hasSuffix("_snap_20261102_0304"))
    #expect(name.volume.hasPrefix(volume) == !isShortened)
    #expect(name.mapperName.utf8.count <= 127)
    #expect(name.group.utf8.count + name.volume.utf8.count <= 124)
  }

  @Test func usesAllTheRoomThereIsWhenItIsShortened() throws {
    #expect(try next(String(repeating: "x", count: 121)).utf8.count == 121)
  }

  @Test func staysApartWhenLongNamesDifferOnlyAtTheEnd() throws {
    let start = String(repeating: "x", count: 115)
    #expect(try next(start + "1") != next(start + "2"))
    #expect(try next(start + "1") == next(start + "1"))
  }

  @Test func countsOnWhenAShortenedNameIsTaken() throws {
    let volume = String(repeating: "x", count: 121)
    let first = try next(volume)
    let second = try next(volume, taken: [first])
    #expect(second.hasSuffix("_snap_20261102_0304_2") && second.utf8.count <= 121)
  }

  @Test func refusesWhenTheGroupsNameLeavesNoRoom() throws {
    let group = String(repeating: "g", count: 110)
    let error = #expect(throws: VolumeError.self) { try next("a", group: group) }
    #expect(error?.code == .refused)
    #expect(error?.hint == "run `vgrename \(group) SHORTER`")
  }

  @Test func namesAVolumeOfADrillAfterWhatIsRestored() throws {
    let first = try SnapshotName.drill(of: "pve_vm-1-disk-0", in: "pve", taken: [])
    #expect(first.description == "pve/backupctl_drill_pve_vm-1-disk-0")
    #expect(
      try SnapshotName.drill(of: "pve_vm-1-disk-0", in: "pve", taken: [first]).volume == first.volume + "_2")
  }

  @Test(arguments: ["a b", String(repeating: "x", count: 120), "ö"])
  func namesAVolumeOfADrillByAHashWhereLVMTakesNoSuchName(what: String) throws {
    let name = try SnapshotName.drill(of: what, in: "pve", taken: [])
    #expect(name.volume.hasPrefix("backupctl_drill_") && name.volume.utf8.count <= 32)
  }
}
