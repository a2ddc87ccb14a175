import HostSystem
import Testing

@testable import VolumeSnapshots

@Suite("Tables of mappings")
struct CryptTableTests {
  /// As `dmsetup table` of 1.02.185 prints it; zeros stand for keys.
  static let recorded = """
    backupctl-run-1: 0 16384 crypt aes-xts-plain64 :64:logon:cryptsetup:6f6f5d5e-0000-4000-8000-000000000002-d0 0 7:0 32768 1 sector_size:4096
    backupctl-run-2: 0 12288 crypt aes-xts-plain64 00000000000000000000000000000000 0 7:1 4096
    pve-data-tpool: 0 1048576 thin-pool 253:1 253:2 128 0 0
    pve-vm--101: 0 65536 thin 253:3 1
    empty:\u{20}
    two: 0 8 crypt aes-xts-plain64 00 0 7:0 8
    two: 8 8 crypt aes-xts-plain64 00 8 7:1 8
    odd: 0 x crypt aes-xts-plain64 00 0 7:0 8
    """
  static func table() throws -> CryptTable { try CryptTable(parsing: Array(recorded.utf8)) }

  @Test func readsSizeDeviceAndOffsetInBytes() throws {
    #expect(
      try Self.table().mappings["backupctl-run-1"]
        == [.crypt(size: 16_384 * 512, device: DeviceNumber(major: 7, minor: 0), offset: 32_768 * 512)])
  }

  @Test(
    arguments: [
      ("backupctl-run-1", 0, true), ("backupctl-run-1", 1, false), ("backupctl-run-2", 1, true),
      ("pve-vm--101", 0, false),
      ("empty", 0, false), ("two", 0, false), ("two", 1, false), ("odd", 0, false), ("none", 0, false),
    ] as [(String, UInt32, Bool)])
  func provesAMappingOnlyByEveryPartOfIt(name: String, minor: UInt32, expected: Bool) throws {
    #expect(try Self.table().isCrypt(name, on: DeviceNumber(major: 7, minor: minor)) == expected)
  }

  @Test(arguments: ["No devices found\n", ""])
  func isEmptyWithoutMappings(output: String) throws {
    #expect(try CryptTable(parsing: Array(output.utf8)).mappings.isEmpty)
  }

  @Test func saysNothingOfALineThatIsNoTable() {
    let error = #expect(throws: VolumeError.self) { try CryptTable(parsing: Array("secret\n".utf8)) }
    #expect(error?.code == .unusableOutput)
    #expect(error?.description.contains("secret") == false)
  }
}
