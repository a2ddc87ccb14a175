import BackupArchive
import BackupEngine
import BackupModel
import BackupRepository
import Foundation
import HostSystem
import Testing

@Suite struct CheckTests {
  @Test func countsWhatItExamined() throws {
    let world = try DamageWorld()
    let report = try world.check()
    #expect(report.damage.isEmpty)
    #expect(report.notes.isEmpty)
    #expect(report.sources == [world.store.source])
    #expect(report.points == 2)
    #expect(report.packs == 2)
    #expect(report.blocks == 2)
    #expect(report.chunks > 14)
    #expect(try world.store.attestations.read().attestations.map(\.result) == [.ok])
  }

  @Test func namesPointsAndPathsOfAMissingPack() throws {
    let world = try DamageWorld()
    let second = try #require(try world.store.packNames().last)
    let lost = world.packFile(second)
    try FileManager.default.removeItem(at: lost)
    let damage = try world.check().damage
    // The second point's index was in that pack, the first point needs nothing of it.
    #expect(damage.allSatisfy { $0.points == [world.points[1]] })
    #expect(!damage.isEmpty)
    #expect(try world.store.attestations.read().attestations.last?.result == .damaged)
  }

  /// An archive and a prune may publish packs while a check looks at those that it has listed.
  @Test func countsPacksThatWerePublishedSinceItListedThem() throws {
    let world = try DamageWorld()
    let earlier = [(name: PackName, reader: PackReader?)]()
    var assessment = DamageAssessment(world.store, found: [], pathLimit: 10)
    try assessment.assess(packs: earlier, replaced: [], cancellation: Cancellation())
    #expect(assessment.damage.isEmpty)
    #expect(assessment.pointCount == 2)
  }

  @Test func passesOverAPointThatWasForgottenSinceItWasListed() throws {
    let world = try DamageWorld()
    // Listed, and not there when it is read.
    try FileManager.default.createSymbolicLink(
      atPath: world.storeDirectory.appendingPathComponent("points/20200101T000000Z.json").path,
      withDestinationPath: "nothing")
    let report = try world.check()
    #expect(report.damage.isEmpty)
    #expect(report.points == 2)
  }

  @Test func notesUnknownAndUnfinishedFilesWithoutCallingThemDamage() throws {
    let world = try DamageWorld(points: 1)
    for name in ["packs/letter.txt", "points/20330101T000000Z.json.part", "stranger"] {
      try Data("x".utf8).write(to: world.storeDirectory.appendingPathComponent(name))
    }
    try FileManager.default.createDirectory(
      at: world.storeDirectory.appendingPathComponent("child/points"), withIntermediateDirectories: true)
    let report = try world.check()
    #expect(report.damage.isEmpty)
    #expect(report.notes.count == 3)
    #expect(report.notes.contains { $0.contains("points/20330101T000000Z.json.part was left unfinished") })
    #expect(report.notes.contains { $0.contains("packs/letter.txt is not a file of a repository") })
  }

  @Test func saysWhatAVerificationFoundUntilItIsReadWhole() throws {
    let world = try DamageWorld(points: 1)
    let pack = try #require(try world.store.packNames().first)
    let frame = try world.store.openPack(pack).frames[2]
    let offset = Int(frame.offset) + Int(frame.size) / 2
    try world.flip(world.packFile(pack), at: offset)
    #expect(try world.check().damage.isEmpty)
    #expect(try world.verify().damage.map(\.frames.description) == ["2"])
    #expect(try world.check().damage.map(\.frames.description) == ["2"])
    try world.flip(world.packFile(pack), at: offset)
    #expect(try world.verify().damage.isEmpty)
    #expect(try world.check().damage.isEmpty)
  }

  @Test func endsWhenItIsCancelled() throws {
    let world = try DamageWorld(points: 1)
    let cancellation = Cancellation()
    cancellation.cancel()
    let check = RepositoryCheck(world.repository, clock: world.clock, tool: "test")
    #expect(throws: CancellationError.self) { try check.run(cancellation: cancellation) }
  }
}
