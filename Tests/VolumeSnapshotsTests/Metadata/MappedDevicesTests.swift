import HostSystem
import Synchronization
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

  @Test(
    arguments: [1, 9],
    ["Device does not exist.", "device-mapper: table ioctl on vg-a  failed: No such device or address"])
  func asksAgainWhenADeviceOfOthersWentMeanwhile(times: Int, words: String) async throws {
    let tools = FailingAtFirst(times: times, [words, "Command failed."], then: printed)
    #expect(try await MappedDevices.read(tools, to: "look").devices.count == 3)
  }

  @Test(arguments: [(10, "Device does not exist."), (1, "Incompatible libdevmapper")])
  func saysWhatIsWrongWhenItStaysSo(times: Int, words: String) async throws {
    let tools = FailingAtFirst(times: times < 10 ? 100 : times, [words], then: printed)
    let error = try await #require(throws: VolumeError.self) { try await MappedDevices.read(tools, to: "look") }
    #expect(error.message == "cannot look: dmsetup ended with code 1" && error.cause == words)
    #expect(times == 10 || tools.calls == 2, "only what passes is tried again")
  }

  @Test(arguments: ["No devices found\n", ""])
  func findsNothingWhereThereIsNone(text: String) async throws {
    #expect(try await read(text).devices.isEmpty)
  }
}

/// Tools of which the first calls fail.
private final class FailingAtFirst: ToolRunning {
  private let left: Mutex<Int>
  private let count = Mutex(0)
  private let words: [String]
  private let output: String

  init(times: Int, _ words: [String], then output: String) {
    left = Mutex(times)
    self.words = words
    self.output = output
  }

  var calls: Int { count.withLock { $0 } }

  func run(
    _ tool: String, _ arguments: [String], input: [UInt8], timeLimit: Duration
  ) async throws -> ChildResult {
    count.withLock { $0 += 1 }
    let fails = left.withLock { left in
      left -= 1
      return left >= 0
    }
    return fails
      ? ChildResult(end: .exited(1), output: [], lastWords: words)
      : ChildResult(end: .exited(0), output: Array(output.utf8), lastWords: [])
  }
}
