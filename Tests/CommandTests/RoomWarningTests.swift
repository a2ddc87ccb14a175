import BackupModel
import Foundation
import Testing

@testable import BackupCommands

/// What is said before and after a point doesn't fit on the disk: on a real small ext4.
@Suite(.enabled(if: RepositoryDisk.isExt4Possible, "mounting needs root and mkfs.ext4")) struct RoomWarningTests {
  /// Three points on a disk of 16 MiB, of which the last two stored two megabytes each.
  private func withDisk(_ body: (RepositoryScene, _ ballast: URL) async throws -> Void) async throws {
    let runner = try CommandRunner()
    let disk = try RepositoryDisk(ext4At: "\(runner.directory)/disk", mebibytes: 16)
    defer { disk.unmount() }
    let scene = try await RepositoryScene(runner, at: "disk/repository")
    for day in 1..<3 {
      runner.clock.advance(seconds: 86_400)
      try change(scene, seed: day)
      let result = await scene.archive()
      try #require(result.code == 0, "\(result.messages)")
    }
    runner.clock.advance(seconds: 86_400)
    try await body(scene, URL(fileURLWithPath: "\(runner.directory)/disk/ballast"))
  }

  private func change(_ scene: RepositoryScene, seed: Int) throws {
    try scene.tree.file(Array("large".utf8), RepositoryScene.noise(2 << 20, seed: UInt64(10 + seed)))
  }

  /// Leaves about so much free.
  private func fill(_ scene: RepositoryScene, _ ballast: URL, leaving bytes: Int) throws {
    let attributes = try FileManager.default.attributesOfFileSystem(forPath: scene.repository)
    let free = try #require(attributes[.systemFreeSize] as? Int)
    try Data(count: free - bytes).write(to: ballast)
  }

  private func plain(_ text: String) -> String { text.replacing(/\d+(\.\d+)? [KM]?i?B/, with: "SIZE") }

  private func schedule(_ scene: RepositoryScene) throws -> String {
    let path = "\(scene.runner.directory)/weekly.yaml"
    try Data("trees: [{name: src, path: \(scene.tree.path)}]\njobs: {keep: {kind: archive, trees: src}}\n".utf8)
      .write(to: URL(fileURLWithPath: path))
    return path
  }

  private static let warning =
    "warning: the backup disk has SIZE free, and about SIZE will be added "
    + "(tree/src SIZE, the most that one of its last 2 points stored): SIZE will probably be missing; "
    + "`backupctl usage` shows what takes the room\n"

  @Test func warnsBeforeAndSaysWhatIsMissingAfterwardsAndLosesNothing() async throws {
    try await withDisk { scene, ballast in
      try fill(scene, ballast, leaving: 1 << 20)
      try change(scene, seed: 5)
      let before = await scene.runner.run("points", "src").output
      let failed = await scene.archive()
      #expect(failed.code == 1 && failed.output.isEmpty)
      #expect(plain(failed.messages).hasPrefix(Self.warning), "\(failed.messages)")
      #expect(
        plain(failed.messages).contains(
          "cause: write: ENOSPC; SIZE of the point were stored; SIZE are free now, and about SIZE more are needed, "
            + "by the most that one of its last 2 points stored\n"), "\(failed.messages)")
      // What was stored in vain is gone: others may need the room.
      let packs = try FileManager.default.contentsOfDirectory(atPath: "\(scene.repository)/sources/tree/src/packs")
      #expect(packs.allSatisfy { !$0.hasSuffix(".part") })
      #expect(await scene.runner.run("points", "src").output == before)
      #expect(await scene.runner.run("verify").code == 0)
      try await scene.expectFirstPointIntact()

      try FileManager.default.removeItem(at: ballast)
      let again = await scene.archive()
      #expect(again.code == 0 && !again.messages.contains("warning"), "\(again.messages)")
      #expect(await scene.runner.run("check").code == 0)
    }
  }

  @Test func plansAndRunsWarnToo() async throws {
    try await withDisk { scene, ballast in
      try fill(scene, ballast, leaving: 1 << 20)
      let plan = await scene.runner.run("plan", try schedule(scene))
      #expect(plan.code == 0)
      #expect(plain(plan.messages) == Self.warning)
      // Nothing changed, so it fits all the same.
      let run = await scene.runner.run("run", try schedule(scene), "--quiet")
      #expect(run.code == 0, "\(run.messages)")
      #expect(plain(run.messages).contains("keep: \(Self.warning)"), "\(run.messages)")
      try change(scene, seed: 6)
      scene.runner.clock.advance(seconds: 60)
      let failed = await scene.runner.run("run", try schedule(scene))
      #expect(failed.code == 1)
      #expect(plain(failed.messages).contains("SIZE of the point were stored"), "\(failed.messages)")
      try FileManager.default.removeItem(at: ballast)
      #expect(await scene.runner.run("plan", try schedule(scene)).messages.isEmpty)
    }
  }

  @Test func saysThatNothingTellsHowMuchAFirstPointAdds() async throws {
    try await withDisk { scene, ballast in
      try fill(scene, ballast, leaving: 1 << 20)
      let result = await scene.runner.run("archive", scene.tree.path, "--as", "another")
      #expect(result.code == 1)
      #expect(
        plain(result.messages).hasPrefix(
          "warning: the backup disk has SIZE free, and nothing tells how much tree/another will add: "
            + "there are no points after a first one\n"), "\(result.messages)")
      #expect(plain(result.messages).contains("how much more is needed isn't known: the source has no point"))
      #expect(await scene.runner.run("check").code == 0)
    }
  }
}
