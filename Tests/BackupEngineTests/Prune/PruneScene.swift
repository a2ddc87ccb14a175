import BackupModel
import Foundation
import HostSystem
import TestSupport
import Testing

@testable import BackupEngine
@testable import BackupRepository

/// A small tree that is archived, forgotten and pruned; what each point must hold is remembered.
final class PruneScene {
  let scene: ArchiveScene
  /// What the points hold that there are.
  private(set) var expected: [RecoveryPointID: [String: [UInt8]]] = [:]
  private var random: SeededRandom

  init(seed: UInt64) throws {
    scene = try ArchiveScene()
    random = SeededRandom(seed: seed)
    for _ in 0..<4 { try edit() }
  }

  var directory: URL { scene.repositoryDirectory }
  func store() throws -> SourceStore { try scene.store(in: directory) }

  /// A number below a bound.
  func number(below bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }
  func chance(_ percent: Int) -> Bool { number(below: 100) < percent }

  /// Writes, changes or removes a file.
  func edit() throws {
    let name = "file-\(number(below: 7))"
    switch number(below: 5) {
    case 0:
      // One that isn't there is removed already.
      try? FileManager.default.removeItem(at: scene.tree.appending(path: name))
    case 1:
      // Of more than one slice, so that its member takes several frames.
      try scene.write("large", random.bytes(90_000 + number(below: 60_000)))
    case 2:
      guard var large = FileManager.default.contents(atPath: scene.tree.appending(path: "large").path) else { return }
      let start = number(below: large.count - 1000)
      large.replaceSubrange(start..<start + 900, with: random.bytes(900))
      try scene.write("large", [UInt8](large))
    default: try scene.write(name, random.bytes(500 + number(below: 12_000)))
    }
  }

  /// Archives, and remembers what the point must hold.
  @discardableResult func archive(_ storage: (any RepositoryStorage)? = nil) throws -> RecoveryPointID {
    let contents = try scene.contents()
    let before = Set(try store().pointIDs())
    do {
      let point = try scene.archive(storage ?? FileStorage(directory: Array(directory.path.utf8)))
      expected[point.id] = contents
      return point.id
    } catch let stop as WorldStopped {
      try (storage as? FaultyStorage)?.settle()
      for id in try store().pointIDs() where !before.contains(id) { expected[id] = contents }
      throw stop
    }
  }

  private func store(_ storage: (any RepositoryStorage)?) throws -> SourceStore {
    guard let storage else { return try store() }
    return try Repository(storage: storage).store(try #require(ArchiveScene.source))
  }

  /// Forgets points; after a crash those are known that are still there.
  func forget(_ ids: [RecoveryPointID], _ storage: (any RepositoryStorage)? = nil) throws {
    let store = try store(storage)
    do {
      try store.forget(ids, at: scene.clock.now(), tool: "tests", try store.lock(holder: "tests"))
      for id in ids { expected[id] = nil }
    } catch let stop as WorldStopped {
      try (storage as? FaultyStorage)?.settle()
      let there = Set(try self.store().pointIDs())
      for id in ids where !there.contains(id) { expected[id] = nil }
      throw stop
    }
  }

  /// Holds or releases a point.
  func hold(_ id: RecoveryPointID, isHeld: Bool, _ storage: any RepositoryStorage) throws {
    let store = try store(storage)
    let lock = try store.lock(holder: "tests")
    do {
      if isHeld {
        try store.hold(id, Hold(reason: "a test", begun: scene.clock.now(), by: "tests"), lock)
      } else {
        try store.release(id, lock)
      }
    } catch let stop as WorldStopped {
      try (storage as? FaultyStorage)?.settle()
      throw stop
    }
  }

  @discardableResult func prune(
    _ rules: PrunePlan.Rules = PrunePlan.Rules(grace: .zero), _ storage: (any RepositoryStorage)? = nil
  ) throws -> Prune.Report {
    let store = try store(storage)
    do {
      return try Prune(
        store, rules, parameters: WriterParameters(packSize: .kibibytes(64)), tool: "tests", clock: scene.clock
      )
      .run(try store.lock(holder: "tests"), cancellation: Cancellation())
    } catch let stop as WorldStopped {
      try (storage as? FaultyStorage)?.settle()
      throw stop
    }
  }

  // MARK: - Damage

  private func packFile(_ name: PackName) throws -> URL {
    directory.appending(path: "sources/\(try store().source)/packs/\(name.fileName)")
  }

  /// Cuts the end of a pack off, or fills it with zeros, so that its tables can't be used.
  func damageTables() throws {
    let names = try store().packNames()
    guard !names.isEmpty else { return }
    let name = names[number(below: names.count)]
    // One that is damaged already is as damaged as it can be.
    guard let last = try? store().openPack(name).frames.last else { return }
    let framesEnd = UInt64(last.offset) + UInt64(last.size)
    let handle = try FileHandle(forUpdating: try packFile(name))
    let size = try handle.seekToEnd()
    try handle.truncate(atOffset: framesEnd + UInt64(number(below: Int(size - framesEnd))))
    if chance(50) { try handle.truncate(atOffset: size) }
    try handle.close()
  }

  /// Changes a byte of a frame and reads all frames, so that it is known.
  func damageFrame() throws {
    let store = try store()
    let names = try store.packNames()
    guard !names.isEmpty else { return }
    let name = names[number(below: names.count)]
    // One that was replaced by a repair can't be opened.
    let frames = (try? store.openPack(name).frames.dropLast()) ?? []
    guard let frame = frames.randomElement(using: &random) else { return }
    let handle = try FileHandle(forUpdating: try packFile(name))
    let place = UInt64(frame.offset) + UInt64(number(below: Int(frame.size)))
    try handle.seek(toOffset: place)
    let byte = try #require(try handle.read(upToCount: 1)?.first)
    try handle.seek(toOffset: place)
    try handle.write(contentsOf: Data([byte ^ 0x40]))
    try handle.close()
    _ = try PackVerification(PackVerification.Request(store: store, tool: "tests"), clock: scene.clock)
      .run(progress: ArchiveProgress(), cancellation: Cancellation())
  }

  /// Repairs; what is lost of a point must be what its mark says, and then the point is taken away.
  func repair(_ storage: (any RepositoryStorage)? = nil) throws {
    let repository = try Repository(storage: storage ?? FileStorage(directory: Array(directory.path.utf8)))
    let store = repository.store(try #require(ArchiveScene.source))
    let report: Repair.Report
    do {
      report = try Repair(
        repository, store.source, parameters: WriterParameters(packSize: .kibibytes(64)), tool: "tests",
        clock: scene.clock
      ).run(try store.lock(holder: "tests"), cancellation: Cancellation())
    } catch let stop as WorldStopped {
      try (storage as? FaultyStorage)?.settle()
      throw stop
    }
    for (id, loss) in report.partial {
      let contents = expected.removeValue(forKey: id) ?? [:]
      let lost = try scene.unreadablePaths(of: id, in: directory, expected: contents)
      if loss.lostParts.isEmpty {
        #expect(lost.isSubset(of: loss.paths), "\(lost) of \(id), but \(loss.paths)")
      }
      try store.forget([id], at: scene.clock.now(), tool: "tests", try store.lock(holder: "tests"))
    }
  }

  /// Every point that must be there is, holds what it must, and there is no other.
  func expectAllPoints(_ comment: @autoclosure () -> String = "") throws {
    #expect(try store().pointIDs() == expected.keys.sorted(), "\(comment())")
    for (id, contents) in expected {
      let found = try scene.contents(of: id, in: directory)
      // As memory: `==` of arrays goes element by element, which takes long where nothing is optimized.
      let differing = Set(found.keys).union(contents.keys).filter {
        found[$0].map { Data($0) } != contents[$0].map { Data($0) }
      }
      #expect(differing.isEmpty, "\(id) \(comment())")
    }
  }

  /// Bytes of frames of which the points of the model need anything, and how many there are; found by reading every index from its
  /// beginning to its end, not as a prune does it.
  private func neededFrames() throws -> (bytes: Int64, count: Int) {
    let store = try store()
    let chunks = try store.chunkReader(keepsTables: true)
    var needed: Set<ChunkID> = []
    for id in expected.keys {
      let index = try IndexReader(root: try store.point(id).index, chunks: chunks)
      index.didReadBlock = { block, _ in needed.insert(block) }
      try index.forEachEntry { entry in
        needed.formUnion(entry.extents.compactMap(\.chunk))
        return true
      }
    }
    var found = (bytes: Int64(0), count: 0)
    for name in try store.packNames() {
      let reader = try store.openPack(name)
      var frames: Set<Int> = []
      try reader.forEachChunk { if needed.contains($0.id) { frames.insert(Int($0.frame)) } }
      found.bytes += frames.reduce(0) { $0 + Int64(reader.frames[$1].size) }
      found.count += frames.count
    }
    return found
  }

  /// How many bytes there may be after a full prune, at a threshold of 1: those of the frames, and beside them of each pack the tables, of
  /// each frame its places in them, of each point the headers of directories.
  func mostBytes() throws -> Int64 {
    let needed = try neededFrames()
    return needed.bytes + 2000 * Int64(try store().packNames().count) + 400 * Int64(needed.count)
      + 2000 * Int64(expected.count)
  }

  /// Bytes of the files in packs and trash.
  func storedBytes() throws -> Int64 {
    let trash = try store().trash
    return try store().packBytes().bytes + trash.items().reduce(0) { try $0 + (trash.bytes(of: $1) ?? 0) }
  }
}
