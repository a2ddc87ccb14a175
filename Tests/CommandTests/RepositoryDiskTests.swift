import BackupModel
import Foundation
import Testing

@testable import BackupCommands

/// The disk that holds the repository is full, or can't be written to any more.
@Suite(.enabled(if: RepositoryDisk.isPossible, "mounting needs root")) struct RepositoryDiskTests {
  private func withDisk(_ body: (RepositoryScene, RepositoryDisk) async throws -> Void) async throws {
    let runner = try CommandRunner()
    let disk = try RepositoryDisk(at: "\(runner.directory)/disk", mebibytes: 8)
    defer { disk.unmount() }
    try await body(try await RepositoryScene(runner, at: "disk/repository"), disk)
  }

  // MARK: - Full

  @Test func failsWhenTheDiskIsFullAndSucceedsWhenThereIsRoomAgain() async throws {
    try await withDisk { scene, _ in
      let ballast = URL(fileURLWithPath: "\(scene.runner.directory)/disk/ballast")
      try Data(count: 6 << 20).write(to: ballast)
      try scene.tree.file(Array("large".utf8), RepositoryScene.noise(3 << 20, seed: 3))

      let failed = await scene.archive()
      #expect(failed.code == 1 && failed.output.isEmpty)
      let messages = scene.plain(failed.messages).replacing(/\d+(\.\d+)? [KM]?i?B/, with: "SIZE")
      try GoldenText.expect(messages, equals: "errors/repository-full")
      #expect(await scene.runner.run("points", "src").lines.count == 2, "only the first point is listed")
      let check = await scene.runner.run("check")
      #expect(check.code == 0, "\(check.output)\(check.messages)")
      try await scene.expectFirstPointIntact()

      try FileManager.default.removeItem(at: ballast)
      let again = await scene.archive()
      #expect(again.code == 0, "\(again.messages)")
      #expect(await scene.runner.run("check").code == 0)
      #expect(await scene.runner.run("verify").code == 0)
      #expect(await scene.runner.run("cat", "src", "large").bytes == RepositoryScene.noise(3 << 20, seed: 3))
      try await scene.expectFirstPointIntact()
    }
  }

  @Test func failsTheTaskOfARunWhenTheDiskIsFull() async throws {
    try await withDisk { scene, _ in
      try Data(count: 6 << 20).write(to: URL(fileURLWithPath: "\(scene.runner.directory)/disk/ballast"))
      try scene.tree.file(Array("large".utf8), RepositoryScene.noise(3 << 20, seed: 3))
      let schedule = "\(scene.runner.directory)/full.yaml"
      try Data(
        """
        trees: [{name: src, path: \(scene.tree.path)}]
        jobs: {keep: {kind: archive, trees: src}}
        """.utf8
      ).write(to: URL(fileURLWithPath: schedule))
      let result = await scene.runner.run("run", schedule)
      #expect(result.code == 1)
      #expect(
        result.messages.contains("keep tree/src: cause: write: ENOSPC; ")
          && result.messages.contains("keep tree/src: hint: free space on the disk"))
      try await scene.expectFirstPointIntact()
    }
  }

  @Test func saysThatTheTargetOfARestoreIsFull() async throws {
    try await withDisk { scene, _ in
      let runner = scene.runner
      let scratch = try RepositoryDisk(at: "\(runner.directory)/scratch", mebibytes: 8)
      defer { scratch.unmount() }
      try Data(count: (8 << 20) - 100_000).write(to: URL(fileURLWithPath: "\(runner.directory)/scratch/ballast"))
      let result = await runner.run("restore", "src", "--to", "\(runner.directory)/scratch/target")
      #expect(result.code == 1 && result.output.isEmpty, "\(result.code) \(result.output)")
      let messages = scene.plain(result.messages).replacing(/only \d+ KiB/, with: "only SIZE")
      try GoldenText.expect(messages, equals: "errors/restore-full")
      // With room again the same command goes on.
      try FileManager.default.removeItem(atPath: "\(runner.directory)/scratch/ballast")
      #expect(await runner.run("restore", "src", "--to", "\(runner.directory)/scratch/target", "--verify").code == 0)
      try await scene.expectFirstPointIntact()
    }
  }

  // MARK: - Read-only

  @Test func refusesToArchiveButReadsWhenTheDiskIsReadOnly() async throws {
    try await withDisk { scene, disk in
      try disk.makeReadOnly()
      let before = try scene.repositoryListing()
      let archive = await scene.archive()
      #expect(archive.code == 1 && archive.output.isEmpty)
      try GoldenText.expect(scene.plain(archive.messages), equals: "errors/repository-read-only")
      let other = await scene.runner.run("archive", scene.tree.path, "--as", "another")
      #expect(other.code == 1 && other.messages.contains("Read-only file system"))

      #expect(await scene.runner.run("points", "src").lines.count == 2)
      #expect(await scene.runner.run("cat", "src", "a").output == "first\n")
      try await scene.expectFirstPointIntact()
      for command in ["check", "verify"] {
        let result = await scene.runner.run(command)
        #expect(result.code == 0 && result.messages.hasPrefix("note: "), "\(result.messages)")
        #expect(
          result.messages.hasSuffix(
            " is not remembered: cannot write sources/tree/src/attestations.jsonl in the repository: "
              + "Read-only file system (open: EROFS)\n"), "\(result.messages)")
      }
      #expect(try scene.repositoryListing() == before)
    }
  }

  @Test func refusesToMakeARepositoryThere() async throws {
    try await withDisk { scene, disk in
      try disk.makeReadOnly()
      let result = await scene.runner.run("init", "\(scene.runner.directory)/disk/other")
      #expect(result.code == 1)
      #expect(
        scene.plain(result.messages)
          == "error: cannot make the repository DIR/disk/other: Read-only file system\ncause: mkdir: EROFS\n")
    }
  }
}
