import BackupModel
import BackupRepository
import HostSystem
import Synchronization
import Testing

@testable import BackupCommands

@Suite struct PointsEntryPrinterTests {
  private func entry(
    _ path: String, _ kind: FileKind, _ permissions: UInt32 = 0o644, size: Int64 = 0,
    owner: [UInt8] = Array("root".utf8),
    _ change: (inout IndexEntry) -> Void = { _ in }
  ) -> IndexEntry {
    let time = Timestamp(seconds: 1_700_000_000, nanoseconds: 7)
    var entry = IndexEntry(
      path: Array(path.utf8),
      status: FileStatus(
        kind: kind, permissions: permissions, device: 1, inode: 2, links: 1, size: size, allocatedBytes: size,
        owner: 1000, group: 33, deviceNumber: DeviceNumber(major: 8, minor: 17), modified: time, changed: time),
      ownerName: owner, groupName: Array("www-data".utf8))
    change(&entry)
    return entry
  }

  private var entries: [IndexEntry] {
    [
      entry("a file", .file, 0o4755, size: 1_234_567),
      entry("caf\u{e9}", .file, 0o2640, size: 3) { $0.path = [0x63, 0x61, 0x66, 0xE9] },
      entry("dir", .directory, 0o1777, owner: []),
      entry("disk", .blockDevice, 0o660),
      entry("again", .file) { $0.hardLinkTarget = Array("a file".utf8) },
      entry("link", .symbolicLink, 0o777, size: 6) { $0.linkTarget = Array("a file".utf8) },
      entry("null", .characterDevice, 0o1666),
      entry("pipe", .fifo, 0o6600),
      entry("socket", .socket, 0o755) {
        $0.attributes = [ExtendedAttribute(name: Array("user.note".utf8), value: [1, 2])]
      },
    ]
  }

  private func text(_ form: EntryPrinter.Form) throws -> String {
    let captured = Captured()
    let output = CommandOutput(isImmediate: true) { captured.append($0) }
    var printer = EntryPrinter(form, to: output)
    for entry in entries { #expect(try printer.print(entry)) }
    printer.finish()
    return captured.text
  }

  private final class Captured: Sendable {
    private let bytes = Mutex<[UInt8]>([])
    func append(_ more: [UInt8]) -> Bool {
      bytes.withLock { $0 += more }
      return true
    }
    var text: String { String(decoding: bytes.withLock { $0 }, as: UTF8.self) }
  }

  @Test func longLinesLookLikeThoseOfLs() throws { try GoldenText.expect(try text(.long), equals: "ls-long") }
  @Test func namesOfDirectoriesEndInASlash() throws { try GoldenText.expect(try text(.name), equals: "ls") }
  @Test func jsonHasTheBytesOfNamesThatArentText() throws { try GoldenText.expect(try text(.json), equals: "ls-json") }
}
