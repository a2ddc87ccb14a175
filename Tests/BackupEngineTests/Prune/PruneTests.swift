import BackupModel
import Foundation
import HostSystem
import TestSupport
import Testing

@testable import BackupEngine
@testable import BackupRepository

@Suite struct PruneTests {
  private func threePoints() throws -> (PruneScene, [RecoveryPointID]) {
    let scene = try PruneScene(seed: 1)
    var ids: [RecoveryPointID] = []
    for round in 0..<3 {
      try scene.scene.write("round", Array(repeating: UInt8(round), count: 5000))
      try scene.scene.write("noise-\(round)", (0..<30_000).map { UInt8(truncatingIfNeeded: $0 &* (round + 3) >> 3) })
      if round > 0 { try FileManager.default.removeItem(at: scene.scene.tree.appending(path: "noise-\(round - 1)")) }
      ids.append(try scene.archive())
    }
    return (scene, ids)
  }

  @Test func removesWhatNoPointNeedsAndNothingElse() throws {
    let (scene, ids) = try threePoints()
    let before = try scene.storedBytes()
    try scene.forget([ids[0], ids[1]])
    let report = try scene.prune()
    try scene.expectAllPoints()
    #expect(report.removed.packs > 0)
    #expect(try scene.storedBytes() < before)
    #expect(try scene.store().trash.items().isEmpty)
    // What is there now is all needed: another one finds nothing to do.
    let again = try scene.prune()
    #expect(again.plan.isEmpty, "\(again.plan.dead) \(again.plan.rewritten)")
    try scene.archive()
    try scene.expectAllPoints()
  }

  @Test func changesNothingWhenItOnlyPlans() throws {
    let (scene, ids) = try threePoints()
    try scene.forget([ids[0]])
    let before = try scene.storedBytes()
    let store = try scene.store()
    let plan = try Prune(store, PrunePlan.Rules(threshold: 1, grace: .zero), tool: "tests", clock: scene.scene.clock)
      .plan(cancellation: Cancellation())
    #expect(!plan.isEmpty)
    #expect(plan.freedBytes > 0)
    #expect(try scene.storedBytes() == before)
  }

  @Test func refusesWhenOnlyPartialPointsMayLackABlockAndAWholeOneDoes() throws {
    let (scene, ids) = try threePoints()
    let store = try scene.store()
    let roots = try ids.map { try store.point($0).index }
    for name in try store.packNames() {
      try FileManager.default.removeItem(
        at: scene.directory.appending(path: "sources/\(store.source)/packs/\(name.fileName)"))
    }
    var live = LiveChunks(try store.chunkReader(keepsTables: true), expected: 0)
    try live.add(roots, isPartial: true, cancellation: Cancellation())
    #expect(live.count == Set(roots).count)
    for root in roots {
      #expect(throws: RepositoryError.self) { try live.add([root], cancellation: Cancellation()) }
    }
  }

  @Test func plansTheSameWithAnyNumberOfThreads() throws {
    let scene = try PruneScene(seed: 4)
    for round in 0..<5 {
      // So many names that the index has many leaf blocks.
      for number in 0..<400 {
        let path = "many/\(number)-\(String(repeating: "x", count: 150))"
        if round == 0 || number % 50 == round { try scene.scene.write(path, [UInt8(number % 250), UInt8(round)]) }
      }
      try scene.archive()
    }
    let oldest = try #require(try scene.store().pointIDs().first)
    try scene.forget([oldest])
    let plans = try [1, 2, 5].map { threads in
      try Prune(
        try scene.store(), PrunePlan.Rules(threshold: 1, grace: .zero), threads: threads, tool: "tests",
        clock: scene.scene.clock
      ).plan(cancellation: Cancellation())
    }
    #expect(plans[0].missingChunks == 0)
    for plan in plans {
      #expect(plan.dead == plans[0].dead)
      #expect(plan.rewritten == plans[0].rewritten)
      #expect(plan.kept == plans[0].kept)
    }
    #expect(!plans[0].dead.isEmpty || !plans[0].rewritten.isEmpty)
  }

  /// Whatever an attempt left that died: with a checkpoint, without one, or between a pack and its checkpoint.
  @Test(arguments: Array(stride(from: 3, through: 42, by: 3))) func freesWhatADeadFirstAttemptLeft(moment: Int) throws {
    let scene = try PruneScene(seed: 3)
    for number in 0..<6 { try scene.scene.write("noise-\(number)", SeededRandom(seed: UInt64(number)).noise(12_000)) }
    let storage = try FaultyStorage(scene.directory, stopAt: moment)
    do {
      try scene.archive(storage)
    } catch is WorldStopped {
      #expect(scene.expected.isEmpty)
    }
    try scene.archive()
    try scene.prune(PrunePlan.Rules(threshold: 1, grace: .zero))
    try scene.expectAllPoints()
    #expect(try scene.storedBytes() <= scene.mostBytes())
  }

  @Test func copiesNoFasterThanTheLimits() throws {
    let (scene, ids) = try threePoints()
    try scene.forget([ids[1]])
    let store = try scene.store()
    func prune(_ limits: Pacer.Limits) throws -> (copied: Int64, paused: Duration) {
      let pacer = Pacer(limits, clock: scene.scene.clock, sleep: { _ in }, pressure: { nil })
      let report = try Prune(
        store, PrunePlan.Rules(threshold: 1, grace: .zero), pacer: pacer, tool: "tests", clock: scene.scene.clock
      ).run(try store.lock(holder: "tests"), cancellation: Cancellation())
      return (report.plan.copiedBytes, pacer.pausedFor)
    }
    let written = try prune(Pacer.Limits(writeRate: .kibibytes(1)))
    #expect(written.copied > 0)
    #expect(written.paused > .seconds(written.copied / 1024 - 1))
    try scene.forget([ids[0]])
    let read = try prune(Pacer.Limits(readRate: .kibibytes(1)))
    #expect(read.copied > 0)
    #expect(read.paused > .seconds(read.copied / 1024 - 1))
    try scene.expectAllPoints()
  }

  @Test func keepsThatOfWhichEnoughIsNeeded() throws {
    let (scene, ids) = try threePoints()
    try scene.forget([ids[1]])
    let none = try scene.prune(PrunePlan.Rules(threshold: 0, grace: .zero))
    #expect(none.made.packs == 0)
    try scene.expectAllPoints()
    let all = try scene.prune(PrunePlan.Rules(threshold: 1, grace: .zero))
    #expect(all.plan.postponed.isEmpty)
    try scene.expectAllPoints()
  }

  @Test func copiesNoMoreThanItMayButSomething() throws {
    let scene = try PruneScene(seed: 5)
    var ids: [RecoveryPointID] = []
    for _ in 0..<8 {
      for _ in 0..<4 { try scene.edit() }
      ids.append(try scene.archive())
    }
    try scene.forget(ids.dropLast().enumerated().filter { $0.offset % 2 == 0 }.map(\.element))
    var rounds = 0
    while true {
      let report = try scene.prune(PrunePlan.Rules(threshold: 1, mostCopied: .zero, grace: .zero))
      try scene.expectAllPoints()
      if report.plan.rewritten.isEmpty { break }
      #expect(report.plan.rewritten.count == 1)
      rounds += 1
      try #require(rounds < 50)
    }
    #expect(rounds > 1)
  }

  /// A copy of what is damaged would be damaged, too, and nothing would say so of the new pack.
  @Test func doesNotCopyWhatIsKnownToBeDamaged() throws {
    let (scene, ids) = try threePoints()
    try scene.forget([ids[0], ids[1]])
    let rules = PrunePlan.Rules(threshold: 1, grace: .zero)
    func plan() throws -> PrunePlan {
      try Prune(try scene.store(), rules, tool: "tests", clock: scene.scene.clock).plan(cancellation: Cancellation())
    }
    let use = try #require(try plan().rewritten.first)
    var attestation = Attestation(
      at: scene.scene.clock.now(), action: .verify, result: .damaged, tool: "tests", seconds: 0)
    attestation.pack = use.pack
    attestation.frames = use.liveFrames
    try scene.store().attestations.append(attestation)
    #expect(try plan().kept.map(\.pack).contains(use.pack))
    try scene.prune(rules)
    #expect(try scene.store().packNames().contains(use.pack))
    try scene.expectAllPoints()
  }

  /// The history only helps: without it everything goes on, more slowly.
  @Test func aHistoryThatCannotBeReadKeepsNobodyFromArchiving() throws {
    let (scene, ids) = try threePoints()
    try scene.forget([ids[0], ids[1]])
    try scene.prune(PrunePlan.Rules(threshold: 1, grace: .zero))
    let log = scene.directory.appending(path: "sources/tree/scene/attestations.jsonl")
    try FileManager.default.removeItem(at: log)
    try FileManager.default.createDirectory(at: log, withIntermediateDirectories: false)
    try scene.archive()
    try scene.expectAllPoints()
  }

  @Test func aNameIsNeverGivenTwice() throws {
    let (scene, ids) = try threePoints()
    try scene.forget([ids[2]])
    try scene.prune(PrunePlan.Rules(threshold: 1, grace: .zero))
    #expect(try scene.store().newPointID(begun: ids[2].begun) == RecoveryPointID(begun: ids[2].begun, ordinal: 2))
  }

  @Test func whatIsTakenOutOfUseStaysForItsGrace() throws {
    let (scene, ids) = try threePoints()
    // Readers that know the packs of now, before anything is taken away.
    let store = try scene.store()
    let reader = try store.chunkReader(keepsTables: false)
    let point = try store.point(ids[0])
    try scene.forget([ids[0], ids[1]])
    // The clock goes on by an hour with each look at it.
    try scene.prune(PrunePlan.Rules(threshold: 1, grace: .seconds(1000 * 3600)))
    #expect(try scene.store().trash.items().contains { $0.name == "\(ids[0]).json" })
    var read = 0
    try IndexReader(root: point.index, chunks: reader).forEachEntry { entry in
      for extent in entry.extents {
        if let chunk = extent.chunk { _ = try reader.location(of: chunk) }
        read += 1
      }
      return true
    }
    #expect(read > 0)
    try scene.expectAllPoints()
    try scene.prune()
    #expect(try scene.store().trash.items().isEmpty)
    try scene.expectAllPoints()
  }

  @Test func keepsPacksOfAnInterruptedArchiveUntilTheNextPoint() throws {
    let (scene, ids) = try threePoints()
    var random = SeededRandom(seed: 9)
    try scene.scene.write("later", random.bytes(200_000))
    let newest = try #require(ids.last)
    var unfinished: [PackName] = []
    // Killed a little later each time, until a pack was sealed by then.
    for stopAt in 3... {
      let storage = try FaultyStorage(scene.directory, stopAt: stopAt, ending: .kill)
      #expect(throws: WorldStopped.self) { try scene.archive(storage) }
      unfinished = try scene.store().packNames().filter { $0.point > newest }
      if !unfinished.isEmpty { break }
    }
    try scene.prune(PrunePlan.Rules(threshold: 1, grace: .zero))
    #expect(try scene.store().packNames().filter { $0.point > newest } == unfinished)
    try scene.archive()
    try scene.prune(PrunePlan.Rules(threshold: 1, grace: .zero))
    try scene.expectAllPoints()
  }

  @Test func refusesWhereNobodyKnowsWhatIsNeeded() throws {
    let (scene, ids) = try threePoints()
    let point = scene.directory.appending(path: "sources/tree/scene/points/\(ids[1]).json")
    try Data("{}".utf8).write(to: point)
    let before = try scene.storedBytes()
    let error = try #require(throws: RepositoryError.self) { try scene.prune() }
    #expect(error.code == .damaged)
    #expect(error.message.contains("cannot prune tree/scene"))
    #expect(try scene.storedBytes() == before)
  }

  @Test func aPointOnHoldIsNotForgotten() throws {
    let (scene, ids) = try threePoints()
    let store = try scene.store()
    let now = scene.scene.clock.now()
    try store.hold(ids[0], Hold(reason: "before the migration", begun: now, by: "ana"), try store.lock(holder: "tests"))
    let error = try #require(throws: RepositoryError.self) { try scene.forget([ids[1], ids[0]]) }
    #expect(error.code == .held)
    #expect(error.cause == "before the migration")
    try scene.expectAllPoints()
    try store.release(ids[0], try store.lock(holder: "tests"))
    try scene.forget([ids[0]])
    try scene.expectAllPoints()
    #expect(try store.holds().isEmpty)
  }

  @Test func aHoldEndsByItself() throws {
    let (scene, ids) = try threePoints()
    let store = try scene.store()
    let now = scene.scene.clock.now()
    let hold = Hold(reason: "for an hour", begun: now, until: now.adding(seconds: 3600), by: "ana")
    try store.hold(ids[0], hold, try store.lock(holder: "tests"))
    #expect(hold.counts(at: now))
    #expect(!hold.counts(at: now.adding(seconds: 3600)))
    // By now the clock has gone on by more than that.
    try scene.forget([ids[0]])
    try scene.expectAllPoints()
  }

  @Test func anArchiveAfterAPruneDoubtsNothing() throws {
    let (scene, ids) = try threePoints()
    try scene.forget([ids[0]])
    try scene.prune(PrunePlan.Rules(threshold: 1, grace: .zero))
    let store = try scene.store()
    let newest = try store.latestGoodPoint { _, _ in }
    #expect(try !StoreSuspicion(store, previous: newest).isFounded)
    // But a pack that is gone by another's hand is missed.
    let name = try #require(try store.packNames().first)
    try FileManager.default.removeItem(
      at: scene.directory.appending(path: "sources/tree/scene/packs/\(name.fileName)"))
    if name.number < (try store.packNames().filter { $0.point == name.point }.map(\.number).max() ?? 0) {
      #expect(try StoreSuspicion(store, previous: newest).isFounded)
    }
  }
}

extension SeededRandom {
  /// Bytes of a sequence of its own.
  fileprivate func noise(_ count: Int) -> [UInt8] {
    var copy = self
    return copy.bytes(count)
  }
}
