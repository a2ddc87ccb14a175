import HostSystem
import Testing

@testable import VolumeSnapshots

@Suite("File systems of volumes")
struct VolumeFileSystemsTests {
  private let tools = OpeningTools { _ in .failed(1, "not reached") }
  private let leases = OpeningLeases()

  private func error(of volume: [UInt8], key: LUKSKeySource?) async throws -> VolumeError? {
    let scratch = try OpeningScratch()
    let device = try scratch.file("volume", volume)
    let systems = VolumeFileSystems(
      mappings: LUKSMappings(tools: tools, leases: leases, retry: .atOnce, kernel: .made()),
      mounts: VolumeMounts(
        tools: tools, leases: leases, directory: "\(scratch.path)/mounts", retry: .atOnce, kernel: .made()))
    return await volumeError {
      try await systems.withFileSystem(of: device, shown: "pve/x", token: "run-1", key: key) { _ in }
    }
  }

  @Test func namesTheMissingKeyOfAnEncryptedVolume() async throws {
    let error = try await error(of: OpeningScratch.fixture("luks2-header"), key: nil)
    #expect(error?.code == .wrongKey)
    #expect(error?.message == "cannot read the files of pve/x: it is encrypted with LUKS and no key is named")
    #expect(error?.hint?.contains("`mode: image`") == true)
    #expect(tools.calls.isEmpty && leases.events.isEmpty)
  }

  @Test func namesADamagedHeaderInsteadOfAnUnknownFileSystem() async throws {
    var bytes = try OpeningScratch.fixture("luks2-header")
    bytes.replaceSubrange(0..<6, with: [UInt8](repeating: 0, count: 6))
    let error = try await error(of: bytes, key: .file("/nonexistent/key"))
    #expect(error?.message == "cannot open pve/x: its first LUKS header was overwritten")
  }

  @Test func takesAFileSystemOverARemainderOfLUKS() async throws {
    var bytes = try OpeningScratch.fixture("luks2-header")
    bytes.replaceSubrange(0..<4096, with: [UInt8](repeating: 0, count: 4096))
    bytes[1080...1081] = [0x53, 0xEF]
    let error = try await error(of: bytes, key: nil)
    #expect(error?.message == "cannot mount pve/x: mount ended with code 1")
    #expect(tools.calls.first?.arguments.contains("ext4") == true)
  }
}
