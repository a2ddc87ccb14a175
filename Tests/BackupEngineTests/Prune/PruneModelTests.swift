import BackupModel
import Foundation
import HostSystem
import TestSupport
import Testing

@testable import BackupEngine
@testable import BackupRepository

/// Random sequences of archive, forget, hold, release and prune, each of which may end in a crash at any operation, against a model
/// that knows which points there are and what is in them.
@Suite struct PruneModelTests {
  /// How many sequences are gone through; each takes some tens of milliseconds.
  static let sequences = Int(ProcessInfo.processInfo.environment["PRUNE_SEQUENCES"] ?? "") ?? 150
  static let firstSeed = UInt64(ProcessInfo.processInfo.environment["SEED"] ?? "") ?? 1

  @Test(.timeLimit(.minutes(60)), arguments: 0..<4)
  func everyPointOfTheModelIsThereAndWhole(part: Int) throws {
    for number in stride(from: part, to: Self.sequences, by: 4) {
      let seed = Self.firstSeed + UInt64(number)
      var said: [String] = []
      do {
        try follow(seed, &said)
      } catch {
        Issue.record("seed \(seed): \(said.joined(separator: ", ")): \(error)")
      }
    }
  }

  private func follow(_ seed: UInt64, _ said: inout [String]) throws {
    let scene = try PruneScene(seed: seed)
    for _ in 0..<8 {
      let ending = FaultyStorage.Ending.allCases[scene.number(below: 3)]
      let isCrash = scene.chance(40)
      let storage = try FaultyStorage(
        scene.directory, stopAt: isCrash ? 1 + scene.number(below: 25) : .max, ending: ending)
      do {
        try happen(scene, storage, &said)
      } catch is WorldStopped {
        said.append("crash (\(ending))")
      }
      try scene.expectAllPoints("seed \(seed): \(said.joined(separator: ", "))")
    }
    let held = try scene.store().holds()
    for id in held.keys { try scene.store().release(id, try scene.store().lock(holder: "tests")) }
    try scene.archive()
    let story = "seed \(seed): \(said.joined(separator: ", "))"
    for threshold in [0.7, 1] {
      // Where a chunk lies in two packs, after damage, what one prune copies may make something in a pack unneeded that it kept.
      for _ in 0..<2 { try scene.prune(PrunePlan.Rules(threshold: threshold, grace: .zero)) }
      try scene.expectAllPoints("at the end, \(threshold), \(story)")
      #expect(
        try Double(scene.storedBytes()) * threshold <= Double(scene.mostBytes()), "\(threshold), \(story)")
    }
    try expectLittleWaste(scene, story)
  }

  private func happen(_ scene: PruneScene, _ storage: FaultyStorage, _ said: inout [String]) throws {
    let ids = scene.expected.keys.sorted()
    switch scene.number(below: 8) {
    case 0, 1, 2:
      for _ in 0..<1 + scene.number(below: 4) { try scene.edit() }
      said.append("archive")
      try scene.archive(storage)
    case 3 where ids.count > 1:
      let holds = try scene.store().holds()
      let some = ids.dropLast().filter { holds[$0] == nil && scene.chance(50) }
      said.append("forget \(some.map(\.description))")
      try scene.forget(some, storage)
    case 4 where !ids.isEmpty:
      said.append("hold")
      let id = ids[scene.number(below: ids.count)]
      try scene.hold(id, isHeld: scene.chance(50), storage)
    case 5:
      said.append("damage of tables, repair")
      try scene.damageTables()
      try repair(scene, storage)
    case 6:
      said.append("damage of a frame, repair")
      try scene.damageFrame()
      try repair(scene, storage)
    default:
      let rules = PrunePlan.Rules(
        threshold: [0.3, 0.7, 1][scene.number(below: 3)],
        mostCopied: scene.chance(50) ? .gibibytes(1) : .kibibytes(30),
        grace: scene.chance(50) ? .zero : .seconds(100 * 3600))
      said.append("prune \(rules.threshold) \(rules.grace)")
      try scene.prune(rules, storage)
    }
  }

  /// Repairs; if that was stopped, again.
  private func repair(_ scene: PruneScene, _ storage: FaultyStorage) throws {
    let holds = try scene.store().holds()
    for id in holds.keys { try scene.store().release(id, try scene.store().lock(holder: "tests")) }
    do {
      try scene.repair(storage)
    } catch let stop as WorldStopped {
      try scene.repair()
      throw stop
    }
  }

  /// After a prune that rewrites everything of which anything isn't needed, frames with something needed are all there is.
  private func expectLittleWaste(_ scene: PruneScene, _ comment: String) throws {
    let plan = try Prune(
      try scene.store(), PrunePlan.Rules(threshold: 1, grace: .zero), tool: "tests", clock: scene.scene.clock
    ).plan(cancellation: Cancellation())
    #expect(plan.dead.isEmpty, "\(comment)")
    #expect(plan.missingChunks == 0, "\(comment)")
    for use in plan.kept + plan.rewritten {
      // Tables and headers of members are all that may be left besides.
      let frames = Int64(use.liveFrames.count)
      #expect(
        use.deadBytes < 2000 + 400 * frames,
        "\(use.pack): \(use.deadBytes) of \(use.fileBytes), needs damaged \(use.needsDamaged), live \(use.liveFrames) \(comment)"
      )
    }
  }
}
