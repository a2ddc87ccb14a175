import BackupEngine
import BackupModel
import BackupPolicy
import BackupRepository
import Foundation
import HostSystem
import Testing

@Suite struct VerifyTests {
  private func damageFrame(_ number: Int, of pack: PackName, _ world: DamageWorld) throws {
    let frame = try world.store.openPack(pack).frames[number]
    try world.flip(world.packFile(pack), at: Int(frame.offset) + Int(frame.size) / 2)
  }

  @Test func readsEveryFrameAndHashesEveryChunk() throws {
    let world = try DamageWorld()
    let report = try world.verify()
    let readers = try world.store.packNames().map { try world.store.openPack($0) }
    #expect(report.frames == readers.reduce(0) { $0 + $1.frames.count })
    #expect(report.chunks == readers.reduce(0) { $0 + $1.chunkCount })
    #expect(report.totalFrames == report.frames)
    #expect(report.neverVerifiedFrames == 0)
    #expect(report.damage.isEmpty)
    #expect(try world.store.attestations.read().attestations.count == 2)
  }

  @Test(arguments: [1, 5, 20, 34, 50, 100])
  func readsEveryFrameOnceInAsManySamplesAsTheShareAllows(percent: Int) throws {
    let world = try DamageWorld()
    var left = Int.max
    for _ in 0..<(100 + percent - 1) / percent {
      let report = try world.verify { $0.sample = Percentage(percent: percent) }
      #expect(report.frames > 0)
      left = report.neverVerifiedFrames
    }
    #expect(left == 0)
  }

  @Test func leavesOutWhatWasVerifiedNotLongAgo() throws {
    let world = try DamageWorld()
    #expect(try world.verify { $0.olderThan = .seconds(86_400) }.frames > 0)
    #expect(try world.verify { $0.olderThan = .seconds(86_400) }.frames == 0)
    #expect(try world.verify { $0.olderThan = .seconds(0) }.frames > 0)
    try world.write("dir0/new", DamageWorld.bytes(5_000, 5))
    try world.archive()
    let report = try world.verify { $0.olderThan = .seconds(86_400) }
    #expect(report.packs == 1)
    #expect(report.frames > 0)
  }

  @Test func namesTheFrameThePointsAndThePathsOfADamagedFrame() throws {
    let world = try DamageWorld()
    let pack = try #require(try world.store.packNames().first)
    try damageFrame(2, of: pack, world)
    let damage = try #require(try world.verify().damage.first)
    #expect(damage.pack == pack)
    #expect(damage.frames == FrameRanges([2]))
    #expect(damage.points == world.points.reversed())
    let lost = try world.unreadableFiles(of: world.points[0])
    #expect(!lost.isEmpty)
    #expect(Set(damage.paths.map { String(decoding: $0, as: UTF8.self) }) == lost)
    #expect(damage.entryCount >= lost.count)
  }

  @Test func healsADamagedChunkFromTheLiveSourceAtTheNextArchive() throws {
    let world = try DamageWorld()
    let pack = try #require(try world.store.packNames().first)
    try damageFrame(2, of: pack, world)
    let lost = try world.unreadableFiles(of: world.points[1])
    #expect(try world.verify().damage.count == 1)
    let healed = try world.archive()
    #expect(healed.statistics.filesRead == lost.count)
    // The older points read the new copy.
    for point in world.points { #expect(try world.unreadableFiles(of: point).isEmpty) }
    #expect(try world.verify().damage.map(\.points) == [[]])
    // Once is enough.
    #expect(try world.archive().statistics.filesRead == 0)
  }

  @Test func doesNotReadUnchangedFilesAgainWhileNothingIsKnownToBeDamaged() throws {
    let world = try DamageWorld()
    _ = try world.check()
    _ = try world.verify()
    #expect(try world.archive().statistics.filesRead == 0)
  }

  @Test func tellsOfKnownDamageThatTheSampleDidNotRead() throws {
    let world = try DamageWorld()
    let pack = try #require(try world.store.packNames().first)
    try damageFrame(2, of: pack, world)
    _ = try world.verify()
    let report = try world.verify { $0.olderThan = .seconds(86_400) }
    #expect(report.frames == 0)
    #expect(report.damage.map(\.frames) == [FrameRanges([2])])
  }

  @Test func remembersWhatWasReadBeforeItWasCancelled() throws {
    let world = try DamageWorld()
    let cancellation = Cancellation()
    cancellation.cancel()
    let verification = PackVerification(
      PackVerification.Request(store: world.store, tool: "test"), clock: world.clock)
    #expect(throws: CancellationError.self) {
      try verification.run(progress: ArchiveProgress(), cancellation: cancellation)
    }
    // Cancelled before the first frame: nothing may be claimed.
    #expect(try world.store.attestations.read().attestations.isEmpty)
  }
}
