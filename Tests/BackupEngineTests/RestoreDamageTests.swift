import BackupArchive
import BackupEngine
import BackupModel
import BackupRepository
import Foundation
import HostSystem
import Testing

@Suite struct RestoreDamageTests {
  /// The path of a source's only pack.
  private func pack(_ world: RestoreWorld) throws -> String {
    let directory = world.directory + "/repository/sources/tree/t/packs/"
    return directory + (try #require(try FileManager.default.contentsOfDirectory(atPath: directory).first))
  }

  private func flipByte(of path: String, at offset: UInt64) throws {
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    try file.seek(toOffset: offset)
    let byte = try #require(try file.read(upToCount: 1)?.first)
    try file.seek(toOffset: offset)
    try file.write(contentsOf: Data([byte ^ 0x40]))
    try file.close()
  }

  /// Damages the frame in the middle of the pack; the index is in its last frames.
  private func damageAFrame(_ world: RestoreWorld) throws {
    let path = try pack(world)
    let reader = try PackReader(try OpenFile.open(PathBytes(path: path), .readOwn))
    let frame = reader.frames[reader.frames.count / 2]
    try flipByte(of: path, at: frame.offset + UInt64(frame.size) / 2)
  }

  @Test func restoresAllOtherFilesWhenAFrameIsDamagedAndLeavesNoPartialFile() throws {
    let world = try RestoreWorld()
    for number in 0..<20 {
      try noise(30_000, seed: UInt64(number)).write(to: URL(fileURLWithPath: world.source + "/f\(number)"))
    }
    try noise(500_000, seed: 99).write(to: URL(fileURLWithPath: world.source + "/large"))
    try world.shell("ln source/large source/zlink")
    let point = try world.archive()
    try damageAFrame(world)
    let report = try world.restore(point)
    #expect(report.damageCount > 0)
    #expect(report.failureCount < 10)
    let failed = Set(report.failures.map(\.path.displayedPath))
    #expect(!failed.isEmpty)
    // Exactly the failed ones are missing, the rest is right.
    let differences = try world.differences(point)
    #expect(Set(differences) == Set(failed.map { "\($0): missing" }))
    #expect(report.failures.filter(\.isDamage).allSatisfy { $0.reason.contains("cannot read pack") })
    // Nothing goes on from here, so no marker says so.
    #expect(!FileManager.default.fileExists(atPath: world.target + "/.backupctl-restore.json"))
  }

  @Test func leavesExistingFilesAloneWhenTheirFrameIsDamaged() throws {
    let world = try RestoreWorld()
    try noise(10_000, seed: 7).write(to: URL(fileURLWithPath: world.source + "/f"))
    let point = try world.archive()
    let path = try pack(world)
    try flipByte(of: path, at: 5000)
    try world.shell("mkdir target; printf mine > target/f")
    let report = try world.restore(point) { $0.overwrite = true }
    #expect(report.damageCount == 1)
    #expect(try world.read(world.target + "/f") == "mine")
  }

  @Test func saysWhichPathsFollowWhenTheIndexIsDamaged() throws {
    let world = try RestoreWorld()
    try world.write("f", "x")
    let point = try world.archive()
    let path = try pack(world)
    let reader = try PackReader(try OpenFile.open(PathBytes(path: path), .readOwn))
    // The last frame but the closing one is the index.
    let index = reader.frames[reader.frames.count - 2]
    try flipByte(of: path, at: index.offset + UInt64(index.size) - 6)
    let error = #expect(throws: RepositoryError.self) { try world.restore(point) }
    #expect(error?.code == .damaged)
  }

  static let hostileKinds: [String] = {
    let script = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    let result = try? RestoreWorld.run("python3", ["/\(script)/Rescue/minirepo.py", "--list"])
    return result?.output.split(separator: "\n").map(String.init) ?? []
  }()

  /// Kinds whose harm comes after the file `good` or beside it: that one must be restored.
  static let goodKinds: Set = [
    "symlink-parent", "file-parent", "hardlink-outside", "hardlink-through-symlink", "hardlink-loop", "wrong-chunk",
    "missing-chunk", "wrong-length", "overlong-line", "bomb", "toc-runs",
  ]

  @Test(.enabled(if: !hostileKinds.isEmpty, "needs python3"), arguments: hostileKinds)
  func createsNothingOutsideTheTargetFromAHostileRepository(kind: String) throws {
    let world = try RestoreWorld()
    let script = "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/") + "/Rescue/minirepo.py"
    try world.shell("mkdir -p cage/in; python3 '\(script)' hostile --hostile \(kind)")
    let before = try world.shell(
      "find . -path ./cage/in/target -prune -o -print | sort; ls -la /tmp/escaped 2>&1 || true")
    let limit = WorkLimit()
    var isRestored = false
    do {
      let repository = try Repository.open(PathBytes(path: world.directory + "/hostile"))
      let store = repository.store(try #require(SourceID(kind: .tree, name: "t")))
      let id = try #require(try store.pointIDs().first)
      let request = TreeRestore.Request(
        store: store, point: try store.point(id), target: PathBytes(path: world.directory + "/cage/in/target"))
      let report = try TreeRestore(request, clock: SystemClock()).run(
        progress: RestoreProgress(), cancellation: limit.cancellation)
      isRestored = report.isComplete
    } catch is any Failure {
      // Refusing it is right too.
    }
    #expect(!limit.isReached)
    // Restoring doesn't use the runs of a pack, so damage to them alone does no harm.
    #expect(isRestored == (kind == "toc-runs"))
    if Self.goodKinds.contains(kind) {
      #expect(try world.read(world.directory + "/cage/in/target/good") == "this is good\n")
    }
    let after = try world.shell(
      "find . -path ./cage/in/target -prune -o -print | sort; ls -la /tmp/escaped 2>&1 || true")
    #expect(after == before)
    // No link in the target leads a file out of it, and nothing but what the index names was made.
    let links = try world.shell("find cage/in -type f -links +1 2>/dev/null")
    #expect(links == "")
  }
}

/// Ends a restore that a hostile index keeps busy.
private final class WorkLimit: Sendable {
  let cancellation = Cancellation()
  private let ending = Monitor(false)
  private let thread: WorkerThread
  var isReached: Bool { cancellation.isCancelled }

  init() {
    let (ending, cancellation) = (ending, cancellation)
    thread = WorkerThread {
      if !ending.wait(atMost: 60, until: { $0 ? true : nil }) { cancellation.cancel() }
    }
  }

  deinit { ending.update { $0 = true } }
}
