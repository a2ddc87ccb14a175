import BackupEngine
import BackupModel
import BackupRepository
import Foundation
import HostSystem
import Testing

@testable import BackupCommands

@Suite struct PointsDiffTests {
  private let runner: CommandRunner
  private let tree: TestTree
  private static let first = "src@20261122T050000Z"

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

  /// A tree in which one thing of each sort changes.
  private func makeChanges() async throws {
    for name in ["content", "mode", "time", "gone", "dir/gone", "type", "same"] { try tree.file(name, name) }
    try tree.open().makeSymbolicLink(Array("link".utf8), target: Array("one".utf8))
    try tree.open().setModified(of: Array("link".utf8), Timestamp(seconds: 1_700_000_000))
    try tree.settleDirectories("dir")
    try await archive()
    let root = try tree.open()
    try tree.file("content", "CONTENT", modified: 1_700_000_001)
    try root.setPermissions(of: Array("mode".utf8), 0o600)
    try root.setModified(of: Array("time".utf8), Timestamp(seconds: 1_700_000_002))
    for name in ["gone", "dir/gone", "type", "link"] { try root.unlink(Array(name.utf8)) }
    try tree.file("type/now a directory")
    try tree.file("added", "12345")
    try root.makeSymbolicLink(Array("link".utf8), target: Array("two".utf8))
    try root.setModified(of: Array("link".utf8), Timestamp(seconds: 1_700_000_000))
    try tree.settleDirectories("dir", "type")
  }

  @Test func comparesAPointWithItsDirectoryAndTwoPointsAlike() async throws {
    try await makeChanges()
    let live = await runner.run("diff", "src")
    try GoldenText.expect(live.output, equals: "diff")
    #expect(live.code == 0 && live.messages.isEmpty)
    try await archive()
    #expect(await runner.run("diff", Self.first, "src@latest").output == live.output)
    #expect(await runner.run("diff", "src").output == "")
    let back = await runner.run("diff", "src@latest", Self.first)
    try GoldenText.expect(back.output, equals: "diff-back")
  }

  @Test func countsEntriesAndBytes() async throws {
    try await makeChanges()
    try GoldenText.expect(await runner.run("diff", "src", "--stat").output, equals: "diff-stat")
    try GoldenText.expect(await runner.run("diff", "src", "--stat", "--json").output, equals: "diff-stat-json")
  }

  @Test func printsALineOfJSONForEachChange() async throws {
    try await makeChanges()
    let lines = await runner.run("diff", "src", "--json").lines
    let changes = try lines.map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
    let content = try #require(changes.first { $0["path"] as? String == "content" })
    #expect(content["change"] as? String == "modified")
    #expect(content["aspects"] as? [String] == ["content", "mtime"])
    #expect((content["new"] as? [String: Any])?["size"] as? Int == 7)
    #expect(
      changes.map { $0["change"] as? String } == [
        "added", "modified", "removed", "removed", "modified", "modified", "modified", "retyped", "added",
      ])
  }

  @Test func exitCodeTellsDifferencesOnlyWhenAsked() async throws {
    try tree.file("a")
    try await archive()
    #expect(await runner.run("diff", "src", "--exit-code").code == 0)
    try tree.file("b")
    #expect(await runner.run("diff", "src", "--exit-code").code == 1)
    #expect(await runner.run("diff", "src", "--exit-code", "--stat").code == 1)
    #expect(await runner.run("diff", "src").code == 0)
  }

  @Test func hashesAFileOnlyIfItsTimeDiffers() async throws {
    try tree.file("a", "same length")
    try tree.file("b", "same length")
    try await archive()
    // The same size and mtime: taken to be the same without reading it.
    try tree.file("a", "SAME LENGTH")
    // Another mtime: read, and found to hold the same.
    try tree.file("b", "same length", modified: 1_800_000_000)
    let lines = await runner.run("diff", "src").lines
    #expect(!lines.contains { $0.hasPrefix("M a") })
    #expect(lines.contains("M b (mtime)"))
  }

  @Test func leavesOutWhatIsExcluded() async throws {
    try tree.file("a")
    try await archive()
    try tree.file("b.tmp")
    try tree.settleDirectories()
    #expect(await runner.run("diff", "src").lines.contains("+ b.tmp"))
    #expect(await !runner.run("diff", "src", "--exclude", "*.tmp").lines.contains("+ b.tmp"))
  }

  @Test func seesLinksThatWereMadeAndParted() async throws {
    try tree.file("a", "x")
    try tree.file("c", "x")
    try tree.open().makeHardLink(Array("a".utf8), in: tree.open(), newName: Array("b".utf8))
    try await archive()
    try tree.file("b", "x")
    try tree.open().unlink(Array("c".utf8))
    try tree.open().makeHardLink(Array("a".utf8), in: tree.open(), newName: Array("c".utf8))
    let live = await runner.run("diff", "src").lines.filter { $0 != "M . (mtime)" }
    #expect(live == ["M b (links)", "M c (links)"])
    try await archive()
    #expect(await runner.run("diff", Self.first, "src").lines.filter { $0 != "M . (mtime)" } == live)
  }

  @Test func comparesWithADirectoryThatIsGivenAndFailsIfThereIsNone() async throws {
    try tree.file("a")
    try tree.settleDirectories()
    try await archive()
    let other = try TestTree("\(runner.directory)/other")
    try other.file("a")
    try other.file("b")
    #expect(await runner.run("diff", "src", other.path).lines.contains("+ b"))
    let missing = await runner.run("diff", "src", "/does/not/exist")
    #expect(missing.code == 1)
    #expect(missing.messages.hasPrefix("error: cannot compare with /does/not/exist: No such file or directory\n"))
  }

  @Test func skipsTheBlocksThatTwoPointsShare() async throws {
    for number in 0..<4000 { try tree.file("d\(number % 20)/a file with a rather long name \(number)") }
    try await archive()
    try tree.file("d7/a file with a rather long name 27", "changed")
    try await archive()
    let repository = try Repository.open(Array(runner.repository.utf8))
    let store = repository.store(try #require(SourceID(kind: .tree, name: "src")))
    let points = try store.pointIDs().map { try store.point($0) }
    #expect(points[0].index.level >= 1)
    var difference = try PointDifference(from: (store, points[0]), to: (store, points[1]))
    var paths: [String] = []
    try difference.forEachChange { change in
      paths.append(change.path.displayedPath)
      return true
    }
    #expect(paths.contains("d7/a file with a rather long name 27"))
    // Both roots, and on each side the leaves that hold the changed file and what the first archive called recent.
    #expect(difference.blocksSkipped > 0)
    var same = try PointDifference(from: (store, points[1]), to: (store, points[1]))
    try same.forEachChange { _ in true }
    #expect(same.blocksRead == 0 && same.blocksSkipped == 1)
  }

  @Test(arguments: 0..<4) func findsWhatAPlainComparisonFinds(seed: Int) async throws {
    var state = UInt64(seed) &+ 99
    func random(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    var files: [String: Int] = [:]
    for _ in 0..<900 {
      files["d\(random(9))/s\(random(9))/a rather long name to fill blocks \(random(4000))"] = random(9)
    }
    for (name, size) in files { try tree.file(name, String(repeating: "x", count: size)) }
    try await archive()
    let before = files
    for name in files.keys.sorted() where random(60) == 0 {
      if random(2) == 0 {
        try tree.open().unlink(Array(name.utf8))
        files[name] = nil
      } else {
        files[name] = 10
        try tree.file(name, String(repeating: "y", count: 10), modified: 1_700_000_009)
      }
    }
    for _ in 0..<10 {
      let name = "d\(random(9))/s\(random(9))/new \(random(4000))"
      files[name] = 1
      try tree.file(name, "n")
    }
    var expected: Set<String> = []
    for name in Set(before.keys).union(files.keys) where before[name] != files[name] {
      expected.insert(
        before[name] == nil ? "+ \(name)" : files[name] == nil ? "- \(name)" : "M \(name) (content, mtime)")
    }
    func isFile(_ line: String) -> Bool { line.contains("name") || line.contains("new") }
    #expect(Set(await runner.run("diff", "src").lines.filter(isFile)) == expected)
    try await archive()
    #expect(Set(await runner.run("diff", Self.first, "src").lines.filter(isFile)) == expected)
  }
}
