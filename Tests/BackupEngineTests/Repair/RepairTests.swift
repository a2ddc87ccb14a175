import BackupArchive
import BackupModel
import Foundation
import HostSystem
import Testing
import VolumeSnapshots

@testable import BackupEngine
@testable import BackupRepository

/// Where a pack is damaged so that its tables can't be used.
enum TableDamage: String, CaseIterable, CustomTestStringConvertible {
  case lastByteGone, seekTableGone, tablesGone, tablesFilled, digestFlipped, magicFlipped, closingFrameGone
  var testDescription: String { rawValue }

  /// Leaves all frames with data whole.
  func apply(_ world: DamageWorld, _ pack: PackName) throws {
    let reader = try world.store.openPack(pack)
    let last = try #require(reader.frames.last)
    let framesEnd = Int(last.offset) + Int(last.size)
    let seekStart = Int(reader.fileSize) - (8 + 8 * (reader.frames.count + 1) + 9)
    try world.edit(world.packFile(pack)) { bytes in
      switch self {
      case .lastByteGone: bytes.removeLast()
      case .seekTableGone: bytes.removeSubrange(seekStart...)
      case .tablesGone: bytes.removeSubrange(framesEnd...)
      case .tablesFilled: for place in framesEnd..<bytes.count { bytes[place] = 0 }
      case .digestFlipped: bytes[seekStart - 5] ^= 1
      case .magicFlipped: bytes[framesEnd + 9] ^= 1
      case .closingFrameGone: bytes.removeSubrange(Int(last.offset)...)
      }
    }
  }
}

@Suite struct RepairTests {
  private func repair(_ world: DamageWorld) throws -> Repair.Report {
    try Repair(world.repository, world.store.source, tool: "test", clock: world.clock).run(
      try world.store.lock(holder: "test"), cancellation: Cancellation())
  }

  private func packsAndPoints(_ world: DamageWorld) throws -> [String: Data] {
    var found: [String: Data] = [:]
    for directory in ["packs", "points"] {
      for name in try FileManager.default.contentsOfDirectory(
        atPath: world.storeDirectory.appendingPathComponent(directory).path)
      {
        found["\(directory)/\(name)"] = try Data(
          contentsOf: world.storeDirectory.appendingPathComponent("\(directory)/\(name)"))
      }
    }
    return found
  }

  private func prune(_ world: DamageWorld) throws -> Prune.Report {
    try Prune(world.store, PrunePlan.Rules(grace: .zero), tool: "test", clock: world.clock)
      .run(try world.store.lock(holder: "test"), cancellation: Cancellation())
  }

  @Test(arguments: TableDamage.allCases)
  func everythingIsThereAgainWithoutTables(damage: TableDamage) throws {
    let world = try DamageWorld()
    let pack = try #require(try world.store.packNames().first)
    try damage.apply(world, pack)
    let before = try packsAndPoints(world)
    // Single chunks are found all the same in a table whose digest is wrong.
    #expect(try world.unreadableFiles(of: world.points[0]).isEmpty == (damage == .digestFlipped))

    let report = try repair(world)
    #expect(report.unreadable.map(\.pack) == [pack])
    #expect(report.isWhole)
    for point in world.points { #expect(try world.unreadableFiles(of: point).isEmpty) }
    // It only adds.
    let after = try packsAndPoints(world)
    for (name, bytes) in before { #expect(after[name] == bytes, "\(name)") }
    #expect(try world.check().damage.isEmpty)
    #expect(try world.verify().damage.isEmpty)
    #expect(try repair(world).unreadable.isEmpty)

    // An archive has no doubt and stores nothing anew; a prune takes the old pack out of use.
    let next = try world.archive()
    #expect(next.warningCount == 0)
    #expect(next.statistics.storedBytes == 0)
    #expect(try prune(world).removed.packs == 1)
    #expect(try !world.store.packNames().contains(pack))
    for point in world.points { #expect(try world.unreadableFiles(of: point).isEmpty) }
    #expect(try world.check().damage.isEmpty)
  }

  @Test func stockToolsReadWhatWasRebuilt() throws {
    let world = try DamageWorld(points: 1)
    let pack = try #require(try world.store.packNames().first)
    try TableDamage.tablesGone.apply(world, pack)
    let made = try #require(try repair(world).made.first)
    let target = world.directory.appendingPathComponent("extracted")
    try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
    let result = try ToolProcess.run(["tar", "--zstd", "-xf", world.packFile(made).path, "-C", target.path])
    #expect(result.status == 0)
    for (path, bytes) in try #require(world.contents[world.points[0]]) {
      #expect(try [UInt8](Data(contentsOf: target.appendingPathComponent(path))) == bytes, "\(path)")
    }
  }

  /// The file of a partial point, all of what can't be read and nothing else.
  private func expectMarks(_ world: DamageWorld, _ report: Repair.Report) throws {
    for point in world.points {
      let unreadable = try world.unreadableFiles(of: point)
      let loss = try world.store.partial(point)
      #expect(Set(loss?.paths ?? []) == unreadable)
      #expect(report.partial.first { $0.point == point }?.loss == loss)
      #expect((loss == nil) == unreadable.isEmpty)
    }
  }

  @Test func namesWhatIsLostOfAPackWithoutTablesAndWithADamagedFrame() throws {
    let world = try DamageWorld()
    let pack = try #require(try world.store.packNames().first)
    let frame = try world.store.openPack(pack).frames[1]
    try TableDamage.tablesGone.apply(world, pack)
    try world.flip(world.packFile(pack), at: Int(frame.offset) + Int(frame.size) / 2)
    let report = try repair(world)
    #expect(report.unreadable.map(\.isWhole) == [false])
    #expect(report.unreadable[0].lostBytes > 0)
    #expect(!report.partial.isEmpty)
    try expectMarks(world, report)

    // The next archive reads again what is lost from the live tree, and then nothing of older points that is the same is lost either.
    let healed = try world.archive()
    #expect(try world.unreadableFiles(of: healed.id).isEmpty)
    let second = try repair(world)
    try expectMarks(world, second)
    #expect(second.restored.contains(world.points[1]))
  }

  @Test func findsCopiesInOtherSources() throws {
    let world = try DamageWorld()
    let other = world.repository.store(try #require(SourceID(kind: .tree, name: "copy")))
    var point = PointRequest(store: other, host: "host", tool: "test", holder: "test")
    point.parameters = WriterParameters(frameSize: .kibibytes(16), chunkSize: .kibibytes(16))
    let request = TreeArchive.Request(point, path: Array(world.tree.path.utf8))
    _ = try TreeArchive(request, clock: world.clock).run(progress: ArchiveProgress(), cancellation: Cancellation())
    for pack in try world.store.packNames() { try FileManager.default.removeItem(at: world.packFile(pack)) }

    let report = try repair(world)
    // What only the first point had is lost: the content that a file had before, and the blocks of its index.
    #expect(report.foundChunks > 0)
    #expect(try world.unreadableFiles(of: world.points[0]) != [])
    let lost = try #require(try world.store.partial(world.points[0]))
    #expect(lost.lostParts.count == 1 || lost.paths == ["dir0/small0"])
    #expect(report.partial.contains { $0.point == world.points[0] })
  }

  @Test func findsWhatWasForgottenInTheTrash() throws {
    let world = try DamageWorld()
    let pack = try #require(try world.store.packNames().first)
    let lock = try world.store.lock(holder: "test")
    // As if a prune had taken a pack out of use by mistake.
    try world.store.storage.makeDirectories(world.store.trashPath)
    try world.store.trash.take(pack.fileName, from: world.store.packsPath, at: world.clock.now(), lock)
    let report = try Repair(world.repository, world.store.source, tool: "test", clock: world.clock)
      .run(lock, cancellation: Cancellation())
    #expect(report.isWhole)
    #expect(report.foundChunks == report.missingChunks)
    for point in world.points { #expect(try world.unreadableFiles(of: point).isEmpty) }
  }

  /// The pack that a repair made is lost, or one of its frames: the pack without tables is the only copy then.
  @Test(arguments: [true, false])
  func whatWasReplacedStaysUntilNothingIsMissing(isRemoved: Bool) throws {
    let world = try DamageWorld()
    let pack = try #require(try world.store.packNames().first)
    try TableDamage.tablesGone.apply(world, pack)
    let made = try #require(try repair(world).made.first)
    if isRemoved {
      try FileManager.default.removeItem(at: world.packFile(made))
    } else {
      let frame = try world.store.openPack(made).frames[1]
      try world.flip(world.packFile(made), at: Int(frame.offset) + Int(frame.size) / 2)
      _ = try world.verify()
    }
    // A prune finds that something is missing, and leaves the only copy.
    do { _ = try prune(world) } catch let error as RepositoryError { #expect(error.code == .damaged) }
    #expect(try world.store.packNames().contains(pack))
    let report = try repair(world)
    #expect(report.isWhole, "\(report)")
    for point in world.points { #expect(try world.unreadableFiles(of: point).isEmpty) }
    _ = try prune(world)
    #expect(try !world.store.packNames().contains(pack))
    for point in world.points { #expect(try world.unreadableFiles(of: point).isEmpty) }
  }

  @Test func leavesAWholeStoreAsItIs() throws {
    let world = try DamageWorld()
    let before = try packsAndPoints(world)
    let report = try repair(world)
    #expect(report.isWhole)
    #expect(report.unreadable.isEmpty)
    #expect(report.made.isEmpty)
    #expect(report.missingChunks == 0)
    #expect(try packsAndPoints(world) == before)
  }

  @Test func aPlanChangesNothing() throws {
    let world = try DamageWorld()
    try TableDamage.tablesGone.apply(world, try #require(try world.store.packNames().first))
    let before = try packsAndPoints(world)
    let report = try Repair(world.repository, world.store.source, tool: "test", clock: world.clock)
      .plan(cancellation: Cancellation())
    #expect(report.unreadable.count == 1)
    #expect(report.missingChunks > 0)
    #expect(try packsAndPoints(world) == before)
  }

  @Test func imagesAreRebuiltBlockByBlock() throws {
    let scene = try ImageScene()
    var random = SystemRandomNumberGenerator()
    var content = (0..<600_000).map { _ in UInt8.random(in: 0...255, using: &random) }
    for place in 100_000..<180_000 { content[place] = 0 }
    try scene.write(content)
    let map = BlockMap(size: Int64(content.count), [BlockMap.Range(0..<Int64(content.count), .changed)])
    let point = try scene.archive(map)
    let store = try scene.store()
    for name in try store.packNames() {
      let path = "\(scene.repositoryDirectory)/\(store.packsPath)/\(name.fileName)"
      let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
      try handle.truncate(atOffset: UInt64(try handle.seekToEnd()) - 30)
      try handle.close()
    }
    let repository = try Repository.open(PathBytes(path: scene.repositoryDirectory))
    let report = try Repair(repository, store.source, tool: "tests", clock: scene.clock)
      .run(try store.lock(holder: "tests"), cancellation: Cancellation())
    #expect(report.isWhole)
    #expect(try scene.content(point) == content)
  }

  @Test func streamsAreRebuilt() async throws {
    let scene = try StreamScene()
    var random = SystemRandomNumberGenerator()
    let content = (0..<700_000).map { _ in UInt8.random(in: 0...255, using: &random) }
    try scene.write(content)
    let point = try await scene.archive()
    let store = try scene.store()
    for name in try store.packNames() {
      let path = "\(scene.repositoryDirectory)/\(store.packsPath)/\(name.fileName)"
      let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
      try handle.truncate(atOffset: UInt64(try handle.seekToEnd()) - 30)
      try handle.close()
    }
    let repository = try Repository.open(PathBytes(path: scene.repositoryDirectory))
    let report = try Repair(repository, store.source, tool: "tests", clock: scene.clock).run(
      try store.lock(holder: "tests"), cancellation: Cancellation())
    #expect(report.isWhole)
    let entry = try #require(
      try IndexReader(root: point.index, chunks: try store.chunkReader(keepsTables: true)).entry(at: Array("dump".utf8))
    )
    var read: [UInt8] = []
    try FileContent(try store.chunkReader(keepsTables: true)).read(entry) { slice in
      read += slice
      return true
    }
    #expect(read == content)
  }
}
