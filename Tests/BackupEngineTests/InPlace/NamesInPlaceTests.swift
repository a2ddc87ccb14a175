import BackupModel
import BackupRepository
import Foundation
import HostSystem
import Synchronization
import Testing

@testable import BackupEngine

/// Restores in place of a directory that can't be exchanged itself: what is special about exchanging its names.
@Suite struct NamesInPlaceTests {
  private static let kinds = InPlaceScene.Kind.all.filter(\.stays)

  private func inode(_ path: String) throws -> UInt64 {
    try OpenFile.open(PathBytes(path: path), .directory).status().inode
  }

  /// The paths of a point.
  private func paths(_ point: RecoveryPoint, _ scene: InPlaceScene) throws -> [String] {
    var paths: [String] = []
    let reader = try IndexReader(root: point.index, chunks: try scene.world.store().chunkReader(keepsTables: true))
    try reader.forEachEntry { entry in
      paths.append(entry.path.displayedPath)
      return true
    }
    return paths
  }

  /// Restores, and lets go of the lock.
  private func run(_ restore: InPlaceRestore, _ scene: InPlaceScene) async throws {
    let (record, lock) = try restore.begin(try scene.plan())
    defer { withExtendedLifetime(lock) {} }
    let store = try scene.world.store()
    _ = try await restore.proceed(record, { _ in store }, progress: RestoreProgress())
  }

  @Test(arguments: kinds) func leavesTheDirectoryAndTellsTheNames(kind: InPlaceScene.Kind) async throws {
    let scene = try InPlaceScene(kind)
    let before = try inode(scene.live)
    #expect(try scene.plan().parts[0].names == 6)
    #expect(try await scene.begin())
    #expect(try inode(scene.live) == before)
    let part = try #require(try scene.record()?.parts.first)
    #expect(part.exchanges.map(\.path.bytes.displayedPath) == ["a", "d", "extra", "gone", "link", "second-name"])
    #expect(part.exchanges.filter { $0.old == nil }.map(\.path.bytes.displayedPath) == ["gone"])
    #expect(part.exchanges.filter { $0.new == nil }.map(\.path.bytes.displayedPath) == ["extra"])
    #expect(part.root?.isExported == (kind == .exported) && part.root?.isMountPoint == (kind == .mounted))
    #expect(!part.replacesNothing)
    #expect(try scene.places().count == 1)
  }

  @Test(arguments: kinds) func keepsWhatItKeepsOutOfArchives(kind: InPlaceScene.Kind) async throws {
    let scene = try InPlaceScene(kind)
    #expect(try await scene.begin())
    let found = try paths(try scene.world.archive(), scene)
    #expect(found == ["."] + scene.new.keys.filter { $0 != "source" }.map { String($0.dropFirst(7)) }.sorted())
  }

  @Test(arguments: kinds) func goesOnThoughFilesWereReplacedWhileItWasEnded(kind: InPlaceScene.Kind) async throws {
    for back in [false, true] {
      for moment in 0... {
        let scene = try InPlaceScene(kind)
        let isWhole = try await scene.begin(until: moment)
        guard try scene.record()?.parts.first?.state == .exchanging else {
          if isWhole { break }
          continue
        }
        // A service that runs nevertheless writes each of its files anew, makes one, and removes one.
        try scene.world.shell(
          "cd source; for f in a extra second-name; do echo mine > .n; mv .n $f; done; echo mine > fresh; rm -f link")
        #expect(try await scene.take(back ? .undo : nil))
        #expect(try scene.record()?.isReached == true)
        var content = try scene.content()
        // What was written is live, or kept: nothing is lost.
        let kept = try "\(scene.placesAbove)/\(#require(try scene.places().first))/tree"
        for name in ["a", "extra", "second-name", "fresh"] {
          let isLive = content["source/\(name)"] == .some("mine")
          let isKept = (try? scene.world.read("\(kept)/\(name)")) == "mine\n"  // It need not be there.
          #expect(isLive || isKept, "moment \(moment): \(name)")
        }
        for name in ["a", "extra", "second-name", "fresh", "link"] { content["source/\(name)"] = nil }
        let expected = (back ? scene.old : scene.new).filter { path, _ in
          !["source/a", "source/extra", "source/second-name", "source/link"].contains(path)
        }
        #expect(content == expected, "moment \(moment)")
      }
    }
  }

  @Test(arguments: kinds) func tellsWhatAppearedMeanwhile(kind: InPlaceScene.Kind) async throws {
    let scene = try InPlaceScene(kind)
    var restore = try scene.restore()
    let warnings = Mutex([String]())
    restore.warn = { text in warnings.withLock { $0.append(text) } }
    let fresh = "\(scene.live)/fresh"
    restore.moment = { moment in
      if moment == .afterExchange { try Data("mine".utf8).write(to: URL(fileURLWithPath: fresh)) }
    }
    try await run(restore, scene)
    #expect(try scene.world.read(fresh) == "mine")
    let told = warnings.withLock { $0 }
    #expect(told.count == 1 && told.first?.hasPrefix("fresh appeared in \(scene.live) ") == true)
  }

  @Test(arguments: kinds) func replacesWhatAppearedBeforeTheFirstExchange(kind: InPlaceScene.Kind) async throws {
    let scene = try InPlaceScene(kind)
    var restore = try scene.restore()
    let live = scene.live
    restore.moment = { moment in
      if moment == .afterComparison { try Data("mine".utf8).write(to: URL(fileURLWithPath: "\(live)/fresh")) }
    }
    try await run(restore, scene)
    #expect(try scene.content() == scene.new && scene.root() == scene.newRoot)
    #expect(try await scene.take(.undo))
    #expect(try scene.world.read("\(live)/fresh") == "mine")
  }

  @Test(arguments: kinds) func takesBackTheLaterRestoreFirst(kind: InPlaceScene.Kind) async throws {
    let scene = try InPlaceScene(kind)
    let restore = try scene.restore()
    let store = try scene.world.store()
    var records: [RestoreRecord] = []
    for _ in 0..<2 {
      let (record, lock) = try restore.begin(try scene.plan())
      records.append(try await restore.proceed(record, { _ in store }, progress: RestoreProgress()))
      withExtendedLifetime(lock) {}
    }
    #expect(try scene.places().count == 2 && scene.content() == scene.new)
    let error = #expect(throws: EngineError.self) { try restore.take(records[0].id, .undo) }
    #expect(error?.code == .refused && error?.hint?.contains("--undo \(records[1].id)`") == true)
    for record in records.reversed() {
      let (taken, lock) = try restore.take(record.id, .undo)
      _ = try await restore.proceed(taken, { _ in store }, progress: RestoreProgress())
      withExtendedLifetime(lock) {}
    }
    #expect(try scene.content() == scene.old && scene.root() == scene.oldRoot)
  }

  @Test(arguments: kinds) func refusesADirectoryThatIsAnother(kind: InPlaceScene.Kind) async throws {
    let scene = try InPlaceScene(kind)
    #expect(try await scene.begin())
    try scene.world.shell("mv source elsewhere 2>/dev/null || umount -l source; mkdir -p source; echo mine > source/a")
    let error = try await #require(throws: EngineError.self) { try await scene.take(.undo) }
    #expect(error.code == .refused && error.message.contains("is another directory than before"))
    #expect(try scene.world.read(scene.live + "/a") == "mine\n")
    try scene.world.shell(
      "rm source/a; if [ -d elsewhere ]; then rmdir source; mv elsewhere source; else mount --bind data source; fi")
    #expect(try await scene.take(nil))
    #expect(try scene.content() == scene.old)
  }

  @Test(.enabled(if: InPlaceScene.canMount, "mounting needs root"))
  func forgetsNothingWhileTheFileSystemIsNotMounted() async throws {
    let scene = try InPlaceScene(.mounted)
    #expect(try await scene.begin())
    try scene.world.shell("umount -l source")
    let error = try await #require(throws: EngineError.self) { try await scene.take(.forget) }
    #expect(error.code == .refused && error.hint?.hasPrefix("mount the file system") == true)
    #expect(try scene.record()?.keepsAnything == true)
    try scene.world.shell("mount --bind data source")
    #expect(try scene.places().count == 1)
    #expect(try await scene.take(nil))
    #expect(try scene.places() == [] && scene.content() == scene.new)
  }

  @Test(.enabled(if: InPlaceScene.canMount, "mounting needs root"))
  func leavesWhatAFileSystemHasAtItsOwnTop() async throws {
    let scene = try InPlaceScene(.mounted)
    try scene.world.shell("mkdir source/lost+found; echo found > source/lost+found/x")
    #expect(try scene.plan().parts[0].names == 6)
    #expect(try await scene.begin())
    #expect(try scene.world.read("\(scene.live)/lost+found/x") == "found\n")
    #expect(try await scene.take(.undo))
    #expect(try scene.world.read("\(scene.live)/lost+found/x") == "found\n")
    var content = try scene.content()
    for name in ["source/lost+found", "source/lost+found/x"] { content[name] = nil }
    #expect(content == scene.old)
  }

  @Test func readsJournalsOfEarlierVersions() throws {
    let text = """
      {"begun": "2026-11-22T07:00:00Z", "format": 2, "id": "20261122T070000Z", "intent": "restore", "keepSeconds": 604800,
       "name": "immich", "repository": "r", "parts": [{"bytes": 22, "exchanges": [{"new": 7, "old": 5, "path": ""}],
       "live": "/srv/immich", "paths": [], "place": "/srv/.backupctl-restore-20261122T070000Z-1", "point": "20261122T050000Z",
       "source": "tree/nfs/immich", "state": "exchanged", "wasLive": true}]}
      """
    let record = try JSONDecoder().decode(RestoreRecord.self, from: Data(text.utf8))
    #expect(record.format == 2 && record.isReached && record.keepsAnything)
    #expect(
      record.parts[0].root == nil
        && record.parts[0].exchanges == [RestoreExchange(path: JournaledPath([]), old: 5, new: 7)])
  }

  @Test(arguments: kinds) func writesTheDirectoryIntoTheJournalAsItIsRead(kind: InPlaceScene.Kind) async throws {
    let scene = try InPlaceScene(kind)
    #expect(try await scene.begin())
    let record = try #require(try scene.record())
    #expect(record.format == 3)
    let root = try #require(record.parts[0].root)
    #expect(root.old.permissions == 0o711 && root.new?.permissions == 0o2750)
    #expect(root.old.attributes.map(\.name.bytes.displayedPath) == ["user.shape"])
    #expect(try JSONDecoder().decode(StayingRoot.self, from: JSONEncoder().encode(root)) == root)
  }
}
