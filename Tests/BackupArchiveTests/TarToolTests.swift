import BackupArchive
import BackupModel
import Foundation
import HostSystem
import Testing

/// What the tar serializer writes, as programs read it that know nothing of this one.
@Suite struct TarToolTests {
  private static let long = "d" + String(repeating: "0123456789", count: 9) + "/" + String(repeating: "n", count: 240)
  private static let longer = (0..<6).map { "\($0)" + String(repeating: "x", count: 70) }.joined(separator: "/")
  /// user:root rw-, user 10 r--, group r--, mask rw-, other r--; as the kernel keeps it.
  private static let acl: [UInt8] =
    [2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 2, 0, 4, 0, 10, 0, 0, 0, 4, 0, 4, 0, 255, 255, 255, 255]
    + [16, 0, 6, 0, 255, 255, 255, 255, 32, 0, 4, 0, 255, 255, 255, 255]

  private static func member(_ path: [UInt8], _ kind: TarMember.Kind, _ modified: Timestamp) -> TarMember {
    TarMember(path: path, kind: kind, permissions: 0o644, owner: 0, group: 0, modified: modified)
  }

  /// An archive with everything that a tree can hold, and the contents of its files.
  private static func archive() throws -> (bytes: [UInt8], files: [[UInt8]: [UInt8]]) {
    let serializer = try TarSerializer()
    let whole = Timestamp(seconds: 1_795_323_600)
    var files: [[UInt8]: [UInt8]] = [:]
    func add(_ path: [UInt8], _ content: [UInt8], _ modified: Timestamp) throws {
      files[path] = content
      let start = try serializer.append(
        member(path, .file(size: Int64(content.count), dataRanges: nil), modified), data: content[...])
      #expect(Array(serializer.output[start..<start + content.count]) == content)
    }
    try add(Array("plain".utf8), Array("hello\n".utf8), whole)
    try add(Array("empty".utf8), [], whole)
    try add(Array(long.utf8), [1, 2, 3], whole)
    try add(Array(longer.utf8), [4, 5, 6], whole)
    try add([0x6E, 0xFF, 0xFE, 0x6E], [7], whole)
    try add(Array("größe".utf8), [8], whole)
    try add(Array("before-1970".utf8), [9], Timestamp(seconds: -86_400, nanoseconds: 500_000_000))
    try add(Array("far-future".utf8), [10], Timestamp(seconds: 9_000_000_000, nanoseconds: 123_456_789))
    // Holes at the front, in the middle and at the end.
    let block = [UInt8](repeating: 0x42, count: 65_536)
    let ranges: [Range<Int64>] = [262_144..<327_680, 1_048_576..<1_114_112]
    let sparse = Array("sparse".utf8)
    let start = try serializer.append(
      member(sparse, .file(size: 2 << 20, dataRanges: ranges), whole), data: (block + block)[...])
    #expect(Array(serializer.output[start..<start + 131_072]) == block + block)
    var content = [UInt8](repeating: 0, count: 2 << 20)
    for range in ranges { content.replaceSubrange(Int(range.lowerBound)..<Int(range.upperBound), with: block) }
    files[sparse] = content
    try serializer.append(member(Array("hole".utf8), .file(size: 1 << 20, dataRanges: []), whole))
    files[Array("hole".utf8)] = [UInt8](repeating: 0, count: 1 << 20)
    try serializer.append(member(Array("twin".utf8), .hardLink(to: Array("plain".utf8)), whole))
    files[Array("twin".utf8)] = Array("hello\n".utf8)
    try serializer.append(member(Array("link".utf8), .symbolicLink(target: Array(longer.utf8)), whole))
    try serializer.append(member(Array("pipe".utf8), .fifo, whole))
    try serializer.append(member(Array("dir".utf8), .directory, whole))
    var attributed = member(Array("attributed".utf8), .file(size: 1, dataRanges: nil), whole)
    attributed.attributes = [
      ExtendedAttribute(name: Array("system.posix_acl_access".utf8), value: acl),
      ExtendedAttribute(name: Array("user.note".utf8), value: [0x61, 0x3D, 0x0A, 0xFF, 0]),
    ]
    try serializer.append(attributed, data: [11])
    files[Array("attributed".utf8)] = [11]
    return (serializer.output + [UInt8](repeating: 0, count: 1024), files)
  }

  private struct Extractor: Sendable, CustomTestStringConvertible {
    let name: String
    /// Run by `sh` in the target with the archive as `$0`.
    let command: String
    var keepsNanoseconds = true
    var knowsAttributes = true
    var readsPaxTimes = true
    /// busybox knows no pax times and sparse members: it extracts what it understands.
    var knowsSparse = true
    var testDescription: String { name }
  }

  private static let extractors = [
    Extractor(name: "GNU tar", command: "tar --xattrs --xattrs-include='*' --acls -xpf \"$0\""),
    Extractor(name: "bsdtar", command: "bsdtar -xpf \"$0\""),
    Extractor(
      name: "python", command: "python3 -c 'import sys, tarfile; tarfile.open(sys.argv[1]).extractall()' \"$0\" 2>&1",
      keepsNanoseconds: false, knowsAttributes: false),
    Extractor(
      name: "busybox", command: "busybox tar -xpf \"$0\"", keepsNanoseconds: false, knowsAttributes: false,
      readsPaxTimes: false, knowsSparse: false),
  ]

  private func run(_ command: String, _ archive: URL, in directory: URL) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", command, archive.path]
    process.currentDirectoryURL = directory
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text)
  }

  private static func isInstalled(_ extractor: Extractor) -> Bool {
    let program = extractor.command.prefix { $0 != " " }
    return ["/bin", "/usr/bin", "/usr/local/bin", "/root/.pyenv/shims"].contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
    }
  }

  @Test(arguments: extractors.filter(isInstalled)) private func programExtractsWhatWasWritten(extractor: Extractor)
    throws
  {
    let (bytes, files) = try Self.archive()
    let base = PackScene.temporaryURL()
    let target = base.appending(path: "out")
    try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: base) }  // Else it stays in the temporary directory.
    let archive = base.appending(path: "archive.tar")
    try Data(bytes).write(to: archive)
    let (exitCode, output) = try run(extractor.command, archive, in: target)
    #expect(exitCode == 0, "\(output)")

    let directory = try OpenFile.open(Array(target.path.utf8), .directory)
    for (path, content) in files {
      if !extractor.knowsSparse, ["sparse", "hole"].contains(path.displayedPath) { continue }
      let found = try directory.open(path, .readOwn)
      #expect(try found.contents(at: 0, count: 4 << 20) == content, "\(path.displayedPath)")
    }
    func status(_ path: String) throws -> FileStatus { try directory.status(of: Array(path.utf8)) }
    #expect(try status("twin").inode == status("plain").inode)
    #expect(try status("pipe").kind == .fifo)
    #expect(try status("dir").kind == .directory)
    #expect(try directory.linkTarget(of: Array("link".utf8)) == Array(Self.longer.utf8))
    if extractor.readsPaxTimes { #expect(try status("far-future").modified.seconds == 9_000_000_000) }
    if extractor.keepsNanoseconds {
      #expect(try status("far-future").modified.nanoseconds == 123_456_789)
      // libarchive writes and reads half a second after -86400 as -86400.5; POSIX and GNU tar take that for half a second before.
      let seconds: Int64 = extractor.name == "bsdtar" ? -86_400 : -86_401
      #expect(try status("before-1970").modified == Timestamp(seconds: seconds, nanoseconds: 500_000_000))
    }
    if extractor.knowsSparse, extractor.name != "python" {
      #expect(try status("sparse").allocatedBytes < 1 << 20)
      #expect(try status("hole").allocatedBytes < 1 << 19)
    }
    if extractor.knowsAttributes {
      let attributes = try directory.open(Array("attributed".utf8), .readOwn).extendedAttributes()
      let named = Dictionary(uniqueKeysWithValues: attributes.map { ($0.name.displayedPath, $0.value) })
      #expect(named["user.note"] == [0x61, 0x3D, 0x0A, 0xFF, 0])
      #expect(named["system.posix_acl_access"] == Self.acl)
    }
  }

  @Test func membersFollowOneAnotherWithoutAnEndOfTheArchive() throws {
    let serializer = try TarSerializer()
    try serializer.append(
      Self.member(Array("a".utf8), .file(size: 1, dataRanges: nil), Timestamp(seconds: 1)), data: [1])
    #expect(serializer.output.count == 1024)
    #expect(serializer.output[512] == 1)
    #expect(Array(serializer.output[..<2]) == [0x61, 0])
  }

  @Test func writesANameThatIsNotUTF8WhateverFailedBeforeOnTheThread() throws {
    let serializer = try TarSerializer()
    errno = ENOMEM
    try serializer.appendHeaderOnly(
      Self.member([0x6E, 0xFF, 0xFE, 0x6E], .file(size: 0, dataRanges: nil), Timestamp(seconds: 0)))
    #expect(serializer.output.count >= 512)
  }
}
