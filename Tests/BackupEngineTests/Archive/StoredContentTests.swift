import BackupModel
import BackupRepository
import Foundation
import HostSystem
import TestSupport
import Testing

@testable import BackupEngine

/// Large files that come under new names: what of them is stored already isn't stored again.
@Suite struct StoredContentTests {
  /// Of 5 places of 256 KiB nearly all lies between them.
  private static let size = 4 << 20

  private func store(of scene: ArchiveScene) throws -> Int64 {
    try scene.archive(in: scene.repositoryDirectory).statistics.storedBytes
  }

  /// A dump of the day, a database's copy: under another name, with other bytes in its beginning.
  @Test(arguments: [1, 3 << 10, 300 << 10, 2 << 20]) func anotherBeginningStoresOnlyThat(changed: Int) throws {
    var random = SeededRandom(seed: UInt64(changed))
    let scene = try ArchiveScene()
    var content = random.bytes(Self.size)
    try scene.write("dumps/2026-11-26.sql", content)
    _ = try store(of: scene)
    content.replaceSubrange(0..<changed, with: random.bytes(changed))
    try scene.write("dumps/2026-11-27.sql", content)
    #expect(try store(of: scene) < Int64(changed + (400 << 10)))
    let points = try scene.store(in: scene.repositoryDirectory).pointIDs()
    for id in points { try expectContents(scene, id, count: id == points.first ? 1 : 2, newest: content) }
  }

  private func expectContents(_ scene: ArchiveScene, _ id: RecoveryPointID, count: Int, newest: [UInt8]) throws {
    let files = try scene.contents(of: id, in: scene.repositoryDirectory).filter { $0.key.hasSuffix(".sql") }
    #expect(files.count == count)
    if count > 1 { #expect(files["dumps/2026-11-27.sql"].map { Data($0) } == Data(newest)) }
  }

  @Test func whatIsMovedByAnInsertionIsFoundInTheMiddle() throws {
    var random = SeededRandom(seed: 7)
    let scene = try ArchiveScene()
    let content = random.bytes(Self.size)
    try scene.write("a", content)
    _ = try store(of: scene)
    // Beginning, end and much else is new; what is known stands elsewhere than before.
    try scene.write("b", random.bytes(600_001) + content[(1 << 20)..<(3 << 20)] + random.bytes(600_003))
    #expect(try store(of: scene) < 1_900_000)
  }

  @Test func aSmallerFileIsLookedThroughEverywhere() throws {
    var random = SeededRandom(seed: 8)
    let scene = try ArchiveScene()
    let known = random.bytes(300 << 10)
    try scene.write("a", known)
    _ = try store(of: scene)
    try scene.write("b", random.bytes(400 << 10) + known)
    #expect(try store(of: scene) < Int64(620 << 10))
  }

  @Test func dataBetweenHolesIsLookedThroughToo() throws {
    var random = SeededRandom(seed: 9)
    let scene = try ArchiveScene()
    let content = random.bytes(Self.size)
    try scene.write("a", content)
    _ = try store(of: scene)
    try scene.write("b", random.bytes(100_000))
    let handle = try FileHandle(forWritingTo: scene.tree.appending(path: "b"))
    try handle.truncate(atOffset: 64 << 20)
    try handle.seek(toOffset: 32 << 20)
    try handle.write(contentsOf: Data(content))
    try handle.close()
    #expect(try store(of: scene) < 600_000)
  }

  @Test func whatIsNewAsAWholeIsAnOrdinaryMember() throws {
    var random = SeededRandom(seed: 10)
    let scene = try ArchiveScene()
    try scene.write("a", random.bytes(Self.size))
    _ = try store(of: scene)
    try scene.write("b", random.bytes(Self.size))
    let point = try scene.archive(in: scene.repositoryDirectory)
    let packs = try FileManager.default.contentsOfDirectory(
      at: scene.repositoryDirectory.appending(path: "sources/\(try #require(ArchiveScene.source))/packs"),
      includingPropertiesForKeys: nil)
    let names = try packs.filter { $0.lastPathComponent.hasPrefix("\(point.id)") }.flatMap { pack in
      try output(of: "tar", ["--zstd", "-tf", pack.path]).split(separator: "\n").map(String.init)
    }
    #expect(names.contains("b"))
    #expect(!names.contains { $0.hasPrefix(".backupctl/parts/b/") })
  }

  private func output(of tool: String, _ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [tool] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return String(decoding: data, as: UTF8.self)
  }
}
