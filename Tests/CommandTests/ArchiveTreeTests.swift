import Foundation
import HostSystem
import Testing

@testable import BackupCommands

/// Names that aren't text, and trees of which each child is a source.
@Suite struct ArchiveTreeTests {
  private let runner: CommandRunner
  private let tree: TestTree

  init() async throws {
    runner = try CommandRunner()
    tree = try TestTree("\(runner.directory)/nfs")
    _ = await runner.run("init", runner.repository)
  }

  // MARK: - Names

  @Test func archivesListsAndRestoresNamesThatArentText() async throws {
    let latin: PathBytes = Array("caf".utf8) + [0xE9]
    let broken: PathBytes = [0xFF, 0xFE] + Array(" \n\t\\x41".utf8)
    let inside = latin + Array("/".utf8) + [0x80]
    try tree.file(inside, Array("inside".utf8))
    try tree.file(broken, Array("broken".utf8))
    try tree.open().makeSymbolicLink(Array("link".utf8), target: inside)
    let archived = await runner.run("archive", tree.path, "--as", "names")
    #expect(archived.code == 0, "\(archived.messages)")
    #expect(await runner.run("ls", "names").lines == ["caf\\xe9/", "link", "\\xff\\xfe \\x0a\\x09\\x41"])

    let target = "\(runner.directory)/target"
    let restored = await runner.run("restore", "names", "--to", target, "--verify")
    #expect(restored.code == 0, "\(restored.messages)")
    let root = try OpenFile.open(Array(target.utf8), .directoryFollowing)
    #expect(Set(try root.names()) == [latin, Array("link".utf8), broken])
    #expect(try root.linkTarget(of: Array("link".utf8)) == inside)
    #expect(try root.open(inside, .readOwn).contents(at: 0, count: 100) == Array("inside".utf8))
    #expect(try root.open(broken, .readOwn).contents(at: 0, count: 100) == Array("broken".utf8))
  }

  @Test func restoresAPathAsItIsListedWhenItIsNotText() async throws {
    let latin: PathBytes = Array("caf".utf8) + [0xE9]
    try tree.file(latin, [0x78])
    try tree.file("other", "y")
    #expect(await runner.run("archive", tree.path, "--as", "names").code == 0)
    let target = "\(runner.directory)/target"
    let restored = await runner.run("restore", "names", "--to", target, "--path", "caf\\xe9")
    #expect(restored.code == 0, "\(restored.messages)")
    let root = try OpenFile.open(Array(target.utf8), .directoryFollowing)
    #expect(try root.names() == [latin])
  }

  @Test func namesASourceByItsPathWithOtherBytesEscaped() async throws {
    let odd = try TestTree("\(runner.directory)/a b/points")
    try odd.file("x", "y")
    let result = await runner.run("archive", odd.path)
    #expect(result.code == 0)
    #expect(result.output.contains("/a%20b/%70oints@20261122T050000Z: "), "\(result.output)")
    #expect(await runner.run("check").code == 0)
  }

  // MARK: - Each child a source

  private func configure() throws {
    try Data(
      """
      repository: {path: \(runner.repository)}
      trees:
        - name: nfs
          path: \(tree.path)
          each-child: true
          exclude: [{pattern: "*.tmp", reason: "left behind"}]
          exclude-children: [{name: films, reason: "1.5 TB, goes offsite directly"}]
      """.utf8
    ).write(to: URL(fileURLWithPath: "\(runner.directory)/config.yaml"))
    runner.variables = ["BACKUPCTL_CONFIG": "\(runner.directory)/config.yaml"]
  }

  private func sources() async -> [String] {
    await runner.run("points").lines.dropFirst().map { String($0.prefix { $0 != " " }) }
  }

  @Test func givesEachChildAStoreAndTakesNewOnesByThemselves() async throws {
    try configure()
    for name in ["immich/photo", "immich/x.tmp", "films/film", "points/a", "loose", "loose.tmp"] {
      try tree.file(name, name)
    }
    let first = await runner.run("archive", "nfs")
    #expect(first.code == 0, "\(first.messages)")
    #expect(await sources() == ["nfs/%70oints", "nfs/_files", "nfs/immich"])
    #expect(await runner.run("ls", "nfs/immich").lines == ["photo"])
    #expect(await runner.run("ls", "nfs/_files").lines == ["loose"])
    #expect(await runner.run("cat", "nfs/%70oints", "a").output == "points/a")

    runner.clock.advance(seconds: 3600)
    try tree.file("vault warden/db", "new")
    try tree.file("loose2", "new")
    #expect(await runner.run("archive", "nfs").code == 0)
    #expect(await sources() == ["nfs/%70oints", "nfs/_files", "nfs/immich", "nfs/vault%20warden"])
    #expect(await runner.run("ls", "nfs/_files").lines == ["loose", "loose2"])
    #expect(await runner.run("points", "nfs/immich").lines.count == 3)

    runner.clock.advance(seconds: 3600)
    #expect(await runner.run("archive", "nfs/immich").code == 0)
    #expect(await runner.run("points", "nfs/immich").lines.count == 4)
    #expect(await runner.run("points", "nfs/_files").lines.count == 3)
    #expect(await runner.run("check").code == 0)
  }

  @Test func doesNotTakeATreeThatNeverHadLooseFilesForOneThatLostThem() async throws {
    try configure()
    try tree.file("immich/photo", "x")
    let result = await runner.run("archive", "nfs")
    #expect(await sources() == ["nfs/_files", "nfs/immich"])
    #expect(result.code == 0, "\(result.messages)")
    try tree.file("loose", "here")
    runner.clock.advance(seconds: 3600)
    #expect(await runner.run("archive", "nfs").code == 0)
    try tree.open().unlink(Array("loose".utf8))
    runner.clock.advance(seconds: 3600)
    let lost = await runner.run("archive", "nfs")
    #expect(
      lost.code == 3 && lost.messages.contains("tree/nfs/_files@20261122T070000Z is suspicious: "), "\(lost.messages)")
  }

  @Test func failsRatherThanArchiveFewerSourcesWhenTheTreeCantBeListed() async throws {
    try configure()
    try tree.file("immich/photo", "x")
    try tree.file("loose", "x")
    #expect(await runner.run("archive", "nfs").code == 0)
    try FileManager.default.removeItem(atPath: tree.path)
    let result = await runner.run("archive", "nfs")
    #expect(result.code == 1 && result.output.isEmpty)
    try GoldenText.expect(
      result.messages.replacingOccurrences(of: runner.directory, with: "DIR"), equals: "errors/archive-children-missing"
    )
    #expect(await runner.run("cat", "nfs/immich", "photo").output == "x")
  }
}
