import BackupModel
import Foundation
import HostSystem
import TestSupport
import Testing

@testable import BackupEngine
@testable import BackupRepository

@Suite struct SourceUsageTests {
  private func usage(_ scene: PruneScene) throws -> SourceUsage {
    try SourceUsage(of: try scene.store(), cancellation: Cancellation())
  }

  private func plan(_ scene: PruneScene, threshold: Double) throws -> PrunePlan {
    try Prune(
      try scene.store(), PrunePlan.Rules(threshold: threshold, grace: .zero), tool: "tests", clock: scene.scene.clock
    ).plan(cancellation: Cancellation())
  }

  private func expectSums(_ usage: SourceUsage) {
    #expect(
      usage.ownBytes + usage.sharedBytes + usage.unfinishedBytes + usage.unneededBytes
        == usage.packBytes - usage.tableBytes - usage.unreadableBytes)
  }

  /// Points with a large file each that no other has, and one that all have.
  private func scene(points: Int) throws -> (PruneScene, [RecoveryPointID]) {
    let scene = try PruneScene(seed: 3)
    var random = SeededRandom(seed: 4)
    try scene.scene.write("common", random.bytes(100_000))
    let ids = try (0..<points).map { number in
      try scene.scene.write("own", random.bytes(50_000 + 10_000 * number))
      return try scene.archive()
    }
    return (scene, ids)
  }

  @Test func saysWhatEachPointNeedsAloneAndWhatItShares() throws {
    let (scene, ids) = try scene(points: 3)
    let usage = try usage(scene)
    expectSums(usage)
    #expect(usage.points.map(\.id) == ids)
    #expect(usage.problems.isEmpty && usage.isComplete)
    #expect(usage.packBytes == (try scene.store().packBytes().bytes))
    for (number, point) in usage.points.enumerated() {
      let own = Int64(50_000 + 10_000 * number)
      #expect((own...own + 8_000).contains(point.ownBytes), "\(point)")
      #expect((200_000...230_000).contains(point.sharedBytes), "\(point)")
    }
    // The index of a checkpoint, which the first point didn't need in the end.
    #expect(usage.unneededBytes < 2_000)
    #expect(usage.trashBytes == 0 && usage.unfinishedBytes == 0)
  }

  @Test func aPruneFreesWhatItSays() throws {
    let (scene, ids) = try scene(points: 3)
    let before = try usage(scene)
    try scene.forget([ids[1]])
    let forgotten = try usage(scene)
    expectSums(forgotten)
    #expect(forgotten.unneededBytes == before.unneededBytes + before.points[1].ownBytes)
    #expect(forgotten.trashBytes > 0)
    try scene.prune(PrunePlan.Rules(threshold: 1, grace: .zero))
    let after = try usage(scene)
    expectSums(after)
    #expect(after.unneededBytes == 0 && after.trashBytes == 0)
    // The tables of packs and the headers of what was copied come and go with it.
    #expect(abs(before.diskBytes - after.diskBytes - before.points[1].ownBytes) < 4_000)
    #expect(after.points.map(\.id) == [ids[0], ids[2]])
    try scene.expectAllPoints()
  }

  /// Whatever is forgotten, it is what the plan of a prune then frees, to the byte.
  @Test(arguments: 1...12) func agreesWithThePlanOfAPrune(seed: Int) throws {
    let scene = try PruneScene(seed: UInt64(seed))
    for _ in 0..<scene.number(below: 5) + 3 {
      for _ in 0..<scene.number(below: 4) { try scene.edit() }
      try scene.archive()
      if scene.chance(20) { try scene.prune(PrunePlan.Rules(threshold: 1, grace: .zero)) }
    }
    for _ in 0..<3 {
      let usage = try usage(scene)
      expectSums(usage)
      let threshold = [0.5, 0.7, 1][scene.number(below: 3)]
      #expect(
        usage.freedBytes(forgetting: [], threshold: threshold) == (try plan(scene, threshold: threshold)).freedBytes)
      let ids = usage.points.map(\.id).filter { _ in scene.chance(30) }
      let predicted = usage.freedBytes(forgetting: ids, threshold: threshold)
      try scene.forget(ids)
      #expect(try plan(scene, threshold: threshold).freedBytes == predicted, "\(ids) of \(usage.points)")
      if scene.chance(50) { try scene.prune(PrunePlan.Rules(threshold: threshold, grace: .zero)) }
    }
  }

  @Test func readsEachBlockOnceHoweverManyPointsShareIt() throws {
    let (scene, _) = try scene(points: 1)
    let first = try usage(scene)
    for _ in 0..<5 { try scene.archive() }
    let more = try usage(scene)
    #expect(more.points.count == 6)
    #expect(more.blockCount == first.blockCount)
    #expect(more.points.dropFirst().allSatisfy { $0.ownBytes == 0 && $0.sharedBytes > 0 })
  }

  @Test func whatAnInterruptedArchiveStoredIsItsOwn() throws {
    let (scene, ids) = try scene(points: 2)
    var random = SeededRandom(seed: 9)
    try scene.scene.write("later", random.bytes(200_000))
    for stopAt in 3... {
      let storage = try FaultyStorage(scene.directory, stopAt: stopAt, ending: .kill)
      #expect(throws: WorldStopped.self) { try scene.archive(storage) }
      if try scene.store().packNames().contains(where: { $0.point > ids[1] }) { break }
    }
    let usage = try usage(scene)
    expectSums(usage)
    #expect(usage.unfinishedBytes > 30_000)
    #expect(usage.unneededBytes < 2_000)
  }

  @Test func aPointThatCannotBeReadIsNamedAndTheOthersAreShown() throws {
    let (scene, ids) = try scene(points: 3)
    let whole = try usage(scene)
    try Data("{}".utf8).write(to: scene.directory.appending(path: "sources/tree/scene/points/\(ids[1]).json"))
    let usage = try usage(scene)
    expectSums(usage)
    #expect(!usage.isComplete)
    #expect(usage.points[1].problem?.contains("the file is damaged") == true)
    #expect(usage.points[0].ownBytes == whole.points[0].ownBytes)
    #expect(usage.problems.count == 1 && usage.problems[0].contains("what the point \(ids[1]) needs isn't known"))
    // A prune would free nothing.
    #expect(usage.freedBytes(forgetting: [ids[0]], threshold: 1) == 0)
  }

  @Test func aPackThatCannotBeReadIsNamedWithThePointsWhoseIndexItHeld() throws {
    let (scene, ids) = try scene(points: 3)
    let pack = try #require(try scene.store().packNames().last { $0.point == ids[2] })
    let file = scene.directory.appending(path: "sources/tree/scene/packs/\(pack.fileName)")
    let size = try Data(contentsOf: file).count
    try Data(count: size).write(to: file)
    let usage = try usage(scene)
    expectSums(usage)
    #expect(usage.unreadableBytes == Int64(size))
    #expect(usage.points.map { $0.problem != nil } == [false, false, true])
    #expect(usage.problems.contains { $0.contains("the pack \(pack) can't be read") })
    #expect(usage.points[0].ownBytes > 0)
  }
}
