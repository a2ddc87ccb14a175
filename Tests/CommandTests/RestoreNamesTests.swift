import BackupEngine
import BackupModel
import BackupRepository
import Foundation
import HostSystem
import Testing

@testable import BackupCommands

/// Restores in place of directories that can't be exchanged themselves, as people see them.
@Suite struct RestoreNamesTests {
  private let scene: ServiceScene
  private let restore = "20261122T070000Z"
  private var runner: CommandRunner { scene.runner }

  init() async throws { scene = try await ServiceScene() }

  /// A file system at the place of a tree, with content of its own.
  private func mountTree() throws -> RepositoryDisk {
    let disk = try RepositoryDisk(at: scene.immich, mebibytes: 4)
    try TestTree(scene.immich).file("db", "other")
    try TestTree(scene.immich).file("extra/x", "later")
    return disk
  }

  @Test(.enabled(if: RepositoryDisk.isPossible, "mounting needs root")) func restoresAMountPointAndTakesItBack()
    async throws
  {
    let disk = try mountTree()
    defer { disk.unmount() }
    let plan = await runner.run("restore", "nfs/immich", "--in-place", "--plan")
    #expect(plan.code == 0, "\(plan.messages)")
    try GoldenText.expect(scene.plain(plan.output), equals: "restore-in-place-mount-point-plan")
    let json = await runner.run("restore", "nfs/immich", "--in-place", "--plan", "--json")
    #expect(json.output.contains("\"names\" : 3"), "\(json.output)")
    let result = await runner.run("restore", "nfs/immich", "--in-place", "--yes")
    #expect(result.code == 0, "\(result.messages)")
    try GoldenText.expect(scene.plain(result.output), equals: "restore-in-place-mount-point")
    #expect(try scene.text("\(scene.immich)/db") == "database")
    #expect(try scene.text("\(scene.immich)/upload/2026/b") == "photo b")
    #expect(!FileManager.default.fileExists(atPath: "\(scene.immich)/extra"))
    let kept = "\(scene.immich)/.backupctl-restore-\(restore)-1"
    #expect(try scene.text("\(kept)/tree/extra/x") == "later")
    let asked = await runner.run("restore", "--undo", "--plan")
    try GoldenText.expect(scene.plain(asked.output), equals: "restore-undo-mount-point")
    #expect(await runner.run("restore", "--undo", "--yes").code == 0)
    #expect(try scene.text("\(scene.immich)/db") == "other" && scene.text("\(scene.immich)/extra/x") == "later")
    #expect(await runner.run("restore", "--forget", restore, "--yes").code == 0)
    #expect(try FileManager.default.contentsOfDirectory(atPath: scene.immich).sorted() == ["db", "extra"])
  }

  @Test(.enabled(if: RepositoryDisk.isPossible, "mounting needs root")) func showsNobodyWhatItKeepsInAMountPoint()
    async throws
  {
    let disk = try mountTree()
    defer { disk.unmount() }
    #expect(await runner.run("restore", "nfs/immich", "--in-place", "--yes").code == 0)
    let difference = await runner.run("diff", "nfs/immich", scene.immich)
    #expect(difference.code == 0 && difference.output.isEmpty, "\(difference.output)\(difference.messages)")
    runner.clock.advance(seconds: 60)
    let archived = await runner.run("archive", "nfs")
    #expect(archived.code == 0, "\(archived.messages)")
    let listed = await runner.run("ls", "nfs/immich", "-R")
    #expect(listed.output.contains("upload/2026/b") && !listed.output.contains("backupctl-restore"), "\(listed.output)")
    #expect(await !runner.run("points").output.contains("backupctl-restore"))
    #expect(await !runner.run("coverage").output.contains("backupctl-restore"))
  }

  @Test(.enabled(if: RepositoryDisk.isPossible, "mounting needs root")) func removesWhatIsExpiredFromAMountPoint()
    async throws
  {
    let disk = try mountTree()
    defer { disk.unmount() }
    #expect(await runner.run("restore", "nfs/immich", "--in-place", "--yes").code == 0)
    runner.clock.advance(seconds: 7 * 86_400)
    #expect(await runner.run("restore", "list").output.contains(" expired "))
    let forgotten = await runner.run("restore", "--forget", "expired", "--yes")
    #expect(forgotten.messages.contains("removes \(scene.immich)/.backupctl-restore-\(restore)-1, "))
    #expect(try FileManager.default.contentsOfDirectory(atPath: scene.immich).sorted() == ["db", "upload"])
  }

  @Test(.enabled(if: RepositoryDisk.isPossible, "mounting needs root")) func refusesAMountPointThatCanNotBeWritten()
    async throws
  {
    let disk = try mountTree()
    defer { disk.unmount() }
    try disk.makeReadOnly()
    let result = await runner.run("restore", "nfs/immich", "--in-place", "--yes")
    #expect(result.code == 1 && result.messages.contains("nothing can be made in it: Read-only file system"))
    #expect(try scene.text("\(scene.immich)/db") == "other")
    #expect(await runner.run("restore", "list").output.isEmpty)
  }

  // MARK: - NFS

  /// The plan of a restore where a host exports directories, after its first lines.
  private func warnings(exports: [String], paths: [String] = []) throws -> [String] {
    let repository = try Repository.open(PathBytes(path: "\(scene.directory)/repository"))
    let store = repository.store(try #require(SourceID(parsing: "tree/nfs/immich")))
    let point = try store.point(try #require(try store.pointIDs().last))
    let live = try LiveTree(
      PathBytes(path: scene.immich), wholly: paths.isEmpty,
      in: .init(mounts: try .current(), exports: exports.map { PathBytes(path: $0) }, needed: []))
    let part = try InPlacePlan.part(
      store, point, paths: paths.map { PathBytes(path: $0) }, live: live,
      trust: try PointTrust(of: point, in: store, earlier: []))
    let plan = InPlacePlan(name: "immich", parts: [part], keepUndo: .seconds(3600))
    let text = InPlacePlanText(plan: plan, exclusions: { _ in [] }, now: point.begun, command: "backupctl")
    return text.lines.filter { $0.contains("exchange") || $0.contains("export") }.map(scene.plain)
  }

  @Test func saysThatClientsGoOnWithATreeThatIsMovedAway() throws {
    #expect(
      try warnings(exports: ["\(scene.directory)/nfs"]) == [
        "warning: DIR/nfs/immich is exported by NFS: clients go on using the old tree until they mount it anew"
      ])
  }

  @Test func saysThatAnExportedDirectoryStaysAndItsNamesAreExchanged() throws {
    #expect(
      try warnings(exports: [scene.immich]) == [
        "  exchange  not one instant: 2 names one after the other, since it is exported by NFS; meanwhile readers see old and "
          + "restored names side by side",
        "warning: DIR/nfs/immich is exported by NFS: clients see what is restored without mounting anew, but go on with the "
          + "old of what they hold open",
      ])
  }

  @Test func namesThePathsWhereOnlyPathsAreExported() throws {
    #expect(
      try warnings(exports: [scene.immich], paths: ["db", "upload/2025"]) == [
        "warning: DIR/nfs/immich/db, DIR/nfs/immich/upload/2025 are exported by NFS: clients see what is restored without "
          + "mounting anew, but go on with the old of what they hold open"
      ])
  }

  @Test func namesWhatIsExportedBelowIfItIsMovedAway() throws {
    let below = "\(scene.immich)/upload"
    let warning =
      "warning: DIR/nfs/immich/upload is exported by itself: its clients go on using the old tree until they mount it anew"
    #expect(try warnings(exports: [below]) == [warning])
    #expect(try warnings(exports: [below], paths: ["upload"]) == [warning])
    #expect(try warnings(exports: [below], paths: ["upload/2025"]) == [])
    #expect(try warnings(exports: [below], paths: ["db"]) == [])
  }

  // MARK: - Paths

  @Test func namesThePathsInWhatItSays() async throws {
    let words = ["--in-place", "--yes", "--path", "upload/2026", "--path", "db"]
    let result = await runner.run(["restore", "nfs/immich"] + words)
    #expect(result.code == 0, "\(result.messages)")
    let undo = await runner.run("restore", "--undo", "--plan")
    let undone = await runner.run("restore", "--undo", "--yes")
    try GoldenText.expect(
      scene.plain(result.output + undo.output + undone.output), equals: "restore-in-place-paths")
    #expect(
      RestoreRow.replaced("/t", ["a", "b", "c", "d", "e"]) == "/t/a, /t/b, /t/c and 2 more"
        && RestoreRow.replaced("/t", []) == "/t")
  }
}
