import Testing

@testable import VolumeSnapshots

@Suite struct MappedDevicesTests {
  /// What dmsetup 1.02.185 prints, of a thin volume, its pool and a LUKS mapping.
  private let printed = """
    vg-a:LVM-ga5JVLAqAvXxOyC2DbBflk8gBSH9BwiM7JQA8KgIPTaUAOIHlWpyeSkYF6IGsjn4:Active
    vg-po--ol-tpool:LVM-ga5JVLAqAvXxOyC2DbBflk8gBSH9BwiMoHkOHhXW2UL8LAIU5bWR7dUkjrigSFrX-tpool:Suspended
    secret:CRYPT-LUKS2-0f0e0d0c0b0a09080706050403020100-secret:Active

    """

  private func read(_ text: String) async throws -> MappedDevices {
    try await MappedDevices.read(ScriptedTools(["dmsetup": text]), to: "look")
  }

  @Test func findsDevicesByNameAndVolumesByTheirUUID() async throws {
    let mapped = try await read(printed)
    #expect(mapped.devices.count == 3)
    #expect(mapped.device("vg-po--ol-tpool")?.isSuspended == true && mapped.device("vg-a")?.isSuspended == false)
    #expect(mapped.device("vg-b") == nil)
    #expect(mapped.hasVolume(uuid: "7JQA8K-gIPT-aUAO-IHlW-pyeS-kYF6-IGsjn4"))
    // The device of a pool is another one than that of the volume of its name.
    #expect(!mapped.hasVolume(uuid: "oHkOHh-XW2U-L8LA-IU5b-WR7d-Ukjr-igSFrX"))
    #expect(!mapped.hasVolume(uuid: "7JQA8K-gIPT-aUAO-IHlW-pyeS-kYF6-IGsjn5"))
  }

  @Test(arguments: ["No devices found\n", ""])
  func findsNothingWhereThereIsNone(text: String) async throws {
    #expect(try await read(text).devices.isEmpty)
  }
}
