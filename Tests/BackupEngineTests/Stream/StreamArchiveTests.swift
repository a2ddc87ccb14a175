import BackupModel
import BackupRepository
import Foundation
import HostSystem
import TestSupport
import Testing

@testable import BackupEngine

@Suite struct StreamArchiveTests {
  private func noise(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var random = SeededRandom(seed: seed)
    return random.bytes(count)
  }

  @Test(arguments: [0, 1, 16_384, 16_385, 65_536, 300_000, 1_500_000])
  func storesTheOutputByteExact(count: Int) async throws {
    let scene = try StreamScene()
    let output = noise(count)
    try scene.write(output)
    let point = try await scene.archive()
    #expect(try scene.content(point) == output)
    let entry = try scene.entry(point)
    #expect(entry.size == Int64(count) && entry.permissions == 0o600 && entry.owner == 0)
    #expect(entry.modified == point.begun)
    #expect(point.source.description == "stream/s" && point.state == .complete)
    #expect(point.statistics.entries == 2 && point.statistics.files == 1 && point.statistics.directories == 1)
    #expect(point.statistics.bytes == Int64(count) && point.statistics.readBytes == Int64(count))
    #expect(point.statistics.filesRead == 1 && point.statistics.newBytes == Int64(count))
    #expect(point.statistics.storedBytes == (try scene.store().packBytes()).bytes)
    #expect(try scene.leftovers().isEmpty)
    #expect(try scene.damage().isEmpty)
  }

  @Test func readsWhatComesInSmallPiecesAsOne() async throws {
    let scene = try StreamScene()
    let point = try await scene.archive("for i in 1 2 3 4 5 6 7 8 9; do printf \"line $i\\n\"; done")
    #expect(String(decoding: try scene.content(point), as: UTF8.self) == (1...9).map { "line \($0)\n" }.joined())
  }

  @Test func storesNothingButASmallPointWhenTheOutputIsTheSame() async throws {
    let scene = try StreamScene()
    try scene.write(noise(1_500_000))
    _ = try await scene.archive()
    let second = try await scene.archive()
    #expect(second.statistics.newChunks == 0 && second.statistics.newBytes == 0)
    #expect(second.statistics.storedBytes < 8192, "the index alone: \(second.statistics.storedBytes)")
    #expect(second.isGood)
    #expect(try scene.content(second) == noise(1_500_000))
  }

  @Test func storesOnlyTheChunksAroundAnInsertion() async throws {
    let scene = try StreamScene()
    var output = noise(1_500_000)
    try scene.write(output)
    _ = try await scene.archive()
    output.insert(contentsOf: noise(1000, seed: 2), at: 700_000)
    try scene.write(output)
    let second = try await scene.archive()
    #expect(second.statistics.newBytes >= 1000 && second.statistics.newBytes < 600_000)
    #expect(try scene.content(second) == output)
    #expect(try scene.damage().isEmpty)
  }

  @Test func storesARepeatedPartOnceExceptInTheFirstPoint() async throws {
    let scene = try StreamScene()
    let part = noise(400_000)
    try scene.write(noise(10))
    _ = try await scene.archive()
    try scene.write(part + part)
    let point = try await scene.archive()
    #expect(point.statistics.newBytes < 600_000)
    #expect(try scene.content(point) == part + part)
  }

  // MARK: - What tar sees

  @Test func tarGivesASmallFirstOutputUnderItsOwnName() async throws {
    let scene = try StreamScene()
    try scene.write(noise(50_000))
    let point = try await scene.archive()
    let found = try scene.tool(
      "mkdir out; for p in repository/sources/stream/s/packs/\(point.id)-*; do tar --zstd -xf $p -C out; done; cat out/dump"
    )
    #expect(found == noise(50_000))
  }

  @Test func tarGivesALargeFirstOutputAsPiecesThatJoinToIt() async throws {
    let scene = try StreamScene()
    // With a part that comes twice: the first point stores it twice, so that tar alone gives it back.
    let part = noise(300_000)
    let output = part + noise(400_000, seed: 2) + part
    try scene.write(output)
    let point = try await scene.archive()
    try scene.write(noise(50_000, seed: 3) + output)
    _ = try await scene.archive()
    let found = try scene.tool(
      "mkdir out; for p in repository/sources/stream/s/packs/*; do tar --zstd -xf $p -C out; done; "
        + "cat out/.backupctl/stream/\(point.id)/dump/*")
    #expect(found == output)
    #expect(try scene.store().packNames().filter { $0.point == point.id }.count > 2, "packs are sealed between pieces")
  }

  @Test func rescueGivesEachPointBackByteExact() async throws {
    let scene = try StreamScene()
    try scene.write(noise(700_000))
    let first = try await scene.archive()
    let changed = noise(700_000).prefix(300_000) + noise(100_000, seed: 2) + noise(700_000).suffix(300_000)
    try scene.write(Array(changed))
    let second = try await scene.archive()
    let rescue = "python3 repository/rescue.py"
    #expect(try scene.tool("\(rescue) cat stream/s@\(first.id) dump") == noise(700_000))
    #expect(try scene.tool("\(rescue) cat stream/s@\(second.id) dump") == Array(changed))
    #expect(
      try scene.tool("\(rescue) restore s@\(second.id) --to restored >/dev/null; cat restored/dump") == Array(changed))
    #expect(String(decoding: try scene.tool("\(rescue) check"), as: UTF8.self).hasPrefix("stream/s: 2 points"))
  }

  @Test func restoresAndComparesAsATreeOfOneFile() async throws {
    let scene = try StreamScene()
    try scene.write(noise(300_000))
    let point = try await scene.archive()
    let target = scene.directory + "/restored"
    var request = TreeRestore.Request(store: try scene.store(), point: point, target: PathBytes(path: target))
    request.verify = true
    let report = try TreeRestore(request, clock: SystemClock())
      .run(progress: RestoreProgress(), cancellation: Cancellation())
    #expect(report.isComplete)
    #expect([UInt8](try Data(contentsOf: URL(fileURLWithPath: target + "/dump"))) == noise(300_000))
  }

  // MARK: - Suspicions

  @Test func doubtsAnEmptyOutputUnlessItMayBeEmpty() async throws {
    let scene = try StreamScene()
    #expect(try await scene.archive("true").suspicious == ["the output is empty"])
    #expect(try await scene.archive("true") { $0.mayBeEmpty = true }.suspicious.isEmpty)
    try scene.write(noise(1000))
    _ = try await scene.archive()
    #expect(try await scene.archive("true").suspicious == ["the output is empty"])
    #expect(try await scene.archive("true") { $0.mayBeEmpty = true }.suspicious.isEmpty)
  }

  @Test func doubtsAnOutputThatCollapsed() async throws {
    let scene = try StreamScene()
    try scene.write(noise(100_000))
    _ = try await scene.archive()
    let collapsed = try await scene.archive("head -c 49999 output") { $0.mayBeEmpty = true }
    #expect(collapsed.suspicious == ["it has 49999 bytes, the point before had 100000"])
    #expect(try await scene.archive("head -c 50000 output").suspicious.isEmpty)
  }
}
