import BackupEngine
import BackupModel
import BackupRepository
import Foundation
import HostSystem
import Testing

@testable import BackupCommands

@Suite struct PointsListingTests {
  private let runner: CommandRunner
  private let tree: TestTree
  private static let cafe: PathBytes = Array("caf".utf8) + [0xE9]

  init() async throws {
    runner = try CommandRunner()
    tree = try TestTree("\(runner.directory)/source")
    _ = await runner.run("init", runner.repository)
  }

  private func archive() async throws {
    let result = await runner.run("archive", tree.path, "--as", "src")
    try #require(result.code == 0, "\(result.messages)")
    runner.clock.advance(seconds: 3600)
  }

  // MARK: - ls

  @Test func listsOneLevelWithNamesThatSortBetweenADirectoryAndItsContent() async throws {
    // `/` sorts as 0: `d+x` comes after everything in `d`, and before `d0`.
    for name in ["d/1", "d/2/3", "d+x", "d-foo", "d.conf", "d0", "e", "d/\u{1}"] { try tree.file(name) }
    try await archive()
    #expect(await runner.run("ls", "src").lines == ["d/", "d+x", "d-foo", "d.conf", "d0", "e"])
    #expect(await runner.run("ls", "src", "d").lines == ["\\x01", "1", "2/"])
    #expect(await runner.run("ls", "src", "/d/2/").lines == ["3"])
  }

  @Test func jumpsOverALargeSubtreeToWhatFollowsIt() async throws {
    for number in 0..<1500 { try tree.file("many/sub/\(number)") }
    for name in ["many+", "many\u{1}x", "zz"] { try tree.file(name) }
    try await archive()
    #expect(await runner.run("ls", "src").lines == ["many/", "many\\x01x", "many+", "zz"])
    #expect(await runner.run("ls", "src", "many").lines == ["sub/"])
    #expect(await runner.run("ls", "src", "--recursive").lines.count == 1500 + 5)
  }

  @Test func acceptsThePathUnderWhichAFileWasArchived() async throws {
    try tree.file("ssh/sshd_config", "x")
    try await archive()
    #expect(await runner.run("ls", "src", "\(tree.path)/ssh").lines == ["sshd_config"])
    #expect(await runner.run("cat", "src", "\(tree.path)/ssh/sshd_config").output == "x")
  }

  @Test func listsTheEntryItselfIfItIsNoDirectory() async throws {
    try tree.file("a/b")
    try await archive()
    #expect(await runner.run("ls", "src", "a/b").lines == ["a/b"])
  }

  // MARK: - find

  @Test func findsByNameTypeSizeAndTime() async throws {
    try tree.file("etc/a.conf", "12345", modified: 1_600_000_000)
    try tree.file("etc/b.conf", "1", modified: 1_700_000_000)
    try tree.directory(Array("etc/c.conf".utf8))
    try await archive()
    #expect(await runner.run("find", "src", "*.conf").lines == ["etc/a.conf", "etc/b.conf", "etc/c.conf/"])
    #expect(await runner.run("find", "src", "*.conf", "!b*").lines == ["etc/a.conf", "etc/c.conf/"])
    #expect(await runner.run("find", "src", "etc/a*").lines == ["etc/a.conf"])
    #expect(await runner.run("find", "src", "a/a*").lines == [])
    #expect(await runner.run("find", "src", "*.conf", "--type", "d").lines == ["etc/c.conf/"])
    #expect(await runner.run("find", "src", "*", "--larger-than", "4").lines == ["etc/a.conf"])
    #expect(
      await runner.run("find", "src", "*.conf", "--type", "f", "--newer-than", "2023-01-01").lines == ["etc/b.conf"])
  }

  @Test func namesTheFirstAndTheLastPointOfAPath() async throws {
    try tree.file("always")
    try tree.file("gone")
    try await archive()
    try tree.open().unlink(Array("gone".utf8))
    try await archive()
    try tree.file("gone")
    try tree.file("new")
    try await archive()
    let result = await runner.run("find", "src", "--all-points", "*", "--type", "f")
    try GoldenText.expect(result.output, equals: "find-all-points")
    #expect(result.code == 0)
  }

  @Test(arguments: [
    (["--type", "x"], "error: cannot understand the type 'x'"),
    (["--larger-than", "big"], "error: cannot understand the size 'big'"),
    (["--newer-than", "soon"], "error: cannot understand the time 'soon'"),
  ]) func refusesAFilterItDoesNotUnderstand(option: [String], message: String) async throws {
    let result = await runner.run(["find", "src", "*"] + option)
    #expect(result.code == 64 && result.messages.hasPrefix(message))
  }

  // MARK: - cat

  @Test func writesLargeSparseAndLinkedFilesByteForByte() async throws {
    var state: UInt64 = 1
    let random = (0..<6_000_000).map { _ -> UInt8 in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 56)
    }
    try tree.file(Array("big".utf8), random)
    let sparse = try tree.open().open(Array("sparse".utf8), .newFile(permissions: 0o644))
    try sparse.setSize(3_000_000)
    try sparse.write([1, 2, 3][...], at: 2_000_000)
    try tree.open().makeHardLink(Array("big".utf8), in: tree.open(), newName: Array("zlink".utf8))
    try tree.file("empty")
    try await archive()
    #expect(await runner.run("cat", "src", "big").bytes == random)
    #expect(await runner.run("cat", "src", "zlink").bytes == random)
    var expected = [UInt8](repeating: 0, count: 3_000_000)
    expected.replaceSubrange(2_000_000..<2_000_003, with: [1, 2, 3])
    #expect(await runner.run("cat", "src", "sparse").bytes == expected)
    #expect(await runner.run("cat", "src", "empty").bytes == [])
  }

  @Test func writesWhatPrecedesDamageAndNamesPackAndFrame() async throws {
    var state: UInt64 = 7
    let random = (0..<12_000_000).map { _ -> UInt8 in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 56)
    }
    try tree.file(Array("big".utf8), random)
    try await archive()
    let pack = "\(runner.repository)/sources/tree/src/packs/20261122T050000Z-0001.tar.zst"
    let file = try OpenFile.open(Array(pack.utf8), .update)
    try file.write([0xFF, 0x00, 0xFF][...], at: 8_000_000)
    try file.close()
    let result = await runner.run("cat", "src", "big")
    #expect(result.code == 20)
    #expect(result.bytes.count > 2_000_000 && result.bytes.count < 8_000_000)
    #expect(random.starts(with: result.bytes))
    #expect(result.messages.hasPrefix("error: cannot read pack 20261122T050000Z-0001 of tree/src: frame 4 "))
  }

  @Test func refusesToPrintWhatIsNoFile() async throws {
    try tree.directory(Array("dir".utf8))
    try tree.open().makeSymbolicLink(Array("link".utf8), target: Array("dir".utf8))
    try tree.open().makeNode(
      Array("pipe".utf8), kind: .fifo, permissions: 0o600, device: DeviceNumber(major: 0, minor: 0))
    try await archive()
    for (name, word) in [("dir", "directory"), ("link", "symlink"), ("pipe", "fifo")] {
      let result = await runner.run("cat", "src", name)
      #expect(result.code == 1 && result.bytes.isEmpty)
      #expect(result.messages.hasPrefix("error: cannot print \(name): it is not a file but a \(word)\n"))
    }
  }

  // MARK: - Names that aren't UTF-8

  @Test func showsAndAcceptsNamesThatArentTextEscaped() async throws {
    try tree.file(Self.cafe, [0x78])
    try tree.file("caf\\xe8", "literally")
    try await archive()
    #expect(await runner.run("ls", "src").lines == ["caf\\xe8", "caf\\xe9"])
    #expect(await runner.run("cat", "src", "caf\\xe9").output == "x")
    #expect(await runner.run("cat", "src", "caf\\xe8").output == "literally")
    #expect(await runner.run("find", "src", "caf?").lines == ["caf\\xe9"])
    let json = await runner.run("ls", "src", "caf\\xe9", "--json").output
    #expect(json.contains(#""path":"caf\\xe9","pathBytes":"Y2Fm6Q==""#))
    try tree.file(Self.cafe, [0x79, 0x79])
    #expect(await runner.run("diff", "src").lines.contains("M caf\\xe9 (content)"))
  }
}
