import BackupModel
import HostSystem
import Testing

@testable import VolumeSnapshots

@Suite struct InventoryReaderTests {
  private func read(lvs: String = RecordedReports.volumes) async throws -> VolumeInventory {
    try await InventoryReader(tools: ScriptedTools(["lvs": lvs])).read()
  }

  private func name(_ text: String) throws -> VolumeName { try #require(VolumeName(parsing: text)) }

  @Test func readsGroupsPoolsAndThinVolumesFromOneCall() async throws {
    let tools = ScriptedTools(["lvs": RecordedReports.volumes])
    let inventory = try await InventoryReader(tools: tools).read()
    #expect(tools.calls.map(\.[0]) == ["lvs"])
    #expect(inventory.groups == [.init(name: "vg-a.b", uuid: "ga5JVL-AqAv-XxOy-C2Db-Bflk-8gBS-H9BwiM", sequence: 11)])
    #expect(inventory.volumes.map(\.name.volume) == ["vm-1-a", "vm-1-a_snap_20261122_0300", "vm-1-b"])
    #expect(inventory.takenNames.map(\.volume).sorted().prefix(2) == ["plain", "po-ol"])
  }

  @Test func readsThePool() async throws {
    let pool = try await read().pool(name("vg-a.b/po-ol"))
    #expect(pool.uuid == "oHkOHh-XW2U-L8LA-IU5b-WR7d-Ukjr-igSFrX")
    #expect(pool.size == .mebibytes(64))
    #expect(pool.chunkSize == .kibibytes(64))
    #expect(pool.metadataSize == .mebibytes(4))
    #expect(pool.dataLevel == FillLevel(millionths: 62_500))
    #expect(pool.metadataLevel == FillLevel(millionths: 110_400))
    #expect(pool.transaction == 3)
    #expect(pool.isActive && !pool.isSuspended && !pool.needsCheck)
    #expect(pool.health == .ok)
  }

  @Test func readsAnActiveVolume() async throws {
    let volume = try await read().volume(name("vg-a.b/vm-1-a"))
    #expect(volume.size == .mebibytes(40))
    #expect(volume.pool == VolumeName(parsing: "vg-a.b/po-ol"))
    #expect(volume.origin == nil && volume.originUUID == nil)
    #expect(volume.thinID == 1)
    #expect(volume.isActive && !volume.isOpen && !volume.isSuspended && !volume.skipsActivation)
    #expect(volume.permission == .writable)
    #expect(volume.created == Timestamp(seconds: 1_795_370_467))
    #expect(volume.mappedBytes == .mebibytes(4))
    #expect(volume.trouble == nil && volume.tags.isEmpty)
  }

  @Test func readsASnapshotOfOursThatIsNotActive() async throws {
    let inventory = try await read()
    let snapshot = try #require(inventory.snapshots.first)
    #expect(inventory.snapshots.count == 1)
    #expect(snapshot.originName == VolumeName(parsing: "vg-a.b/vm-1-a"))
    #expect(snapshot.volume.originUUID == "7JQA8K-gIPT-aUAO-IHlW-pyeS-kYF6-IGsjn4")
    #expect(snapshot.volume.permission == .readOnly && snapshot.volume.skipsActivation)
    #expect(!snapshot.volume.isActive && snapshot.volume.mappedLevel == nil)
    #expect(snapshot.tags.run == "a b")
    #expect(snapshot.created == Timestamp(seconds: 1_795_370_472))
    #expect(snapshot.isGood)
  }

  @Test func readsNumbersAndListsOfTheNewerFormat() throws {
    let text = #"{"report":[{"lv":[{"lv_size":8388608,"lv_tags":["a","b"],"origin":null,"data_percent":6.25}]}]}"#
    let row = try #require(try LVMReport.rows("lv", in: Array(text.utf8), of: "lvs").first)
    #expect(try row.bytes("lv_size") == .mebibytes(8))
    #expect(try row.items("lv_tags") == ["a", "b"])
    #expect(try row.text("origin").isEmpty)
    #expect(try row.level("data_percent") == FillLevel(millionths: 62_500))
  }

  @Test func asksForBytesAndForTimesThatNeedNoTimeZone() async throws {
    let tools = ScriptedTools(["lvs": RecordedReports.nothing])
    _ = try await InventoryReader(tools: tools).read()
    let call = try #require(tools.calls.last)
    #expect(call.contains("--nosuffix") && call.contains { $0.contains(#"time_format="%s""#) })
    #expect(call.contains { $0.split(separator: ",").contains("thin_id") })
  }

  @Test(arguments: ["", "null", "[]", "{}", "Segmentation fault", #"{"report":[]}"#, #"{"report":[{"pv":[]}]}"#])
  func refusesWhatIsNoReport(text: String) async throws {
    let error = await #expect(throws: VolumeError.self) { try await read(lvs: text) }
    #expect(error?.code == .unusableOutput)
    #expect(error?.message.contains("lvs") == true)
  }

  @Test func refusesAReportThatWasCutOffAnywhere() async throws {
    let whole = Array(RecordedReports.volumes.utf8)
    for count in stride(from: 0, to: whole.count - 1, by: 97) {
      let error = await #expect(throws: VolumeError.self) {
        try await read(lvs: String(decoding: whole.prefix(count), as: UTF8.self))
      }
      #expect(error?.code == .unusableOutput, "after \(count) bytes")
    }
  }

  @Test(arguments: InventoryReader.fields)
  func namesTheFieldAndTheVolumeWhenAFieldIsMissing(field: String) async throws {
    let changed = RecordedReports.volumes.replacing("\"\(field)\":", with: "\"gone\":")
    let error = await #expect(throws: VolumeError.self) { try await read(lvs: changed) }
    #expect(error?.code == .unusableOutput)
    #expect(error?.message.contains("the field \(field) is missing") == true)
  }

  @Test(arguments: [
    ("lv_size", "40.00m"), ("lv_size", "-1"), ("thin_id", "one"), ("data_percent", "lots"), ("lv_time", "yesterday"),
    ("lv_attr", "V"), ("lv_active", "perhaps"), ("pool_lv", "-bad-"), ("vg_seqno", "4.2"),
  ])
  func namesFieldAndValueWhenAValueCannotBeUnderstood(field: String, value: String) async throws {
    let changed = RecordedReports.volumes.replacing(
      try Regex("\"\(field)\":\"[^\"]*\""), with: "\"\(field)\":\"\(value)\"")
    let error = await #expect(throws: VolumeError.self) { try await read(lvs: changed) }
    #expect(error?.code == .unusableOutput)
    #expect(error?.message.contains(field) == true && error?.message.contains(value) == true)
  }

  @Test func namesTheGroupsThatAreThereWhenAGroupIsMissing() async throws {
    let inventory = try await read()
    let error = #expect(throws: VolumeError.self) { try inventory.pools(ofGroup: "pve") }
    #expect(error?.code == .notFound)
    #expect(error?.message == "cannot find volumes of the group pve: groups with volumes are vg-a.b")
  }

  @Test func namesThePoolsThatAreThereWhenAPoolIsMissing() async throws {
    let inventory = try await read()
    let missing = try name("vg-a.b/data")
    let error = #expect(throws: VolumeError.self) { try inventory.pool(missing) }
    #expect(error?.message == "cannot find the thin pool vg-a.b/data: the thin pools of the group are po-ol")
  }

  @Test func refusesAVolumeThatIsNotThin() async throws {
    let inventory = try await read()
    let plain = try name("vg-a.b/plain")
    let error = #expect(throws: VolumeError.self) { try inventory.volume(plain) }
    #expect(error?.code == .notFound)
  }

  @Test func saysTheToolsLastWordsWhenItFails() async throws {
    let failing = ScriptedTools(results: [
      "lvs": ChildResult(end: .exited(5), lastWords: ["  WARNING: a", "  Cannot process volume group x"])
    ])
    let error = await #expect(throws: VolumeError.self) { try await InventoryReader(tools: failing).read() }
    #expect(error?.code == .toolFailed)
    #expect(error?.cause?.contains("Cannot process volume group x") == true)
  }

  @Test func findsNoVolumeWhenTheSelectionMatchesNothing() async throws {
    let tools = ScriptedTools(["lvs": RecordedReports.nothing])
    #expect(try await InventoryReader(tools: tools).volume(try name("vg-a.b/gone")) == nil)
    #expect(tools.calls[0].suffix(2) == ["--select", #"vg_name="vg-a.b" && lv_name="gone""#])
  }

  @Test func gathersTheIdentityOfASnapshot() async throws {
    let inventory = try await read()
    let snapshot = try LVMSnapshot(try name("vg-a.b/vm-1-a_snap_20261122_0300"), in: inventory)
    #expect(snapshot.thinID == 3 && snapshot.originThinID == 1)
    #expect(snapshot.groupSequence == 11 && snapshot.created == 1_795_370_472)
    #expect(snapshot.size == 40 << 20 && snapshot.pool.chunkSize == 64 << 10 && snapshot.pool.name.volume == "po-ol")
  }
}
