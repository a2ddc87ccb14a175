import BackupEngine
import BackupModel
import BackupRepository
import Foundation
import HostSystem
import Testing

/// Restores into directories that hold something already.
@Suite struct RestoreOverTests {
  @Test func touchesOnlyWhatDiffersWhenOverwriting() throws {
    let world = try RestoreWorld()
    try world.write("same", "same")
    try world.write("d/changed", "the old content")
    try world.write("longer", "short")
    try noise(200_000, seed: 2).write(to: URL(fileURLWithPath: world.source + "/large"))
    try world.shell(
      "ln -s here source/link; ln -s here source/samelink; mkfifo source/fifo; ln source/same source/twin")
    let point = try world.archive()
    #expect(try world.restore(point).isComplete)
    try world.shell(
      """
      cd target; printf 'THE NEW CONTENT' > d/changed; echo more >> longer; rm link; ln -s there link; echo extra > extra
      printf CHANGED | dd of=large bs=1 seek=150000 conv=notrunc 2>/dev/null
      """)
    let untouched = "stat -c '%n %i %z %s' target/same target/samelink target/fifo target/twin"
    let before = try world.shell(untouched)
    let inode = try world.shell("stat -c %i target/large")
    let report = try world.restore(point) {
      $0.overwrite = true
      $0.verify = true
    }
    #expect(report.failures == [])
    #expect(report.comparison?.differences == [])
    #expect(try world.shell(untouched) == before)
    #expect(try world.shell("stat -c %i target/large") == inode)
    #expect(report.writtenBytes < 200_000 / 2)
    #expect(report.unchanged == 4)
    #expect(report.kept == 1)
    #expect(try world.read(world.target + "/extra") == "extra\n")
    #expect(try world.differences(point) == ["extra: not in the point"])
  }

  @Test func replacesAFileWithFurtherNamesInsteadOfWritingThroughThem() throws {
    let world = try RestoreWorld()
    try world.write("f", "archived")
    let point = try world.archive()
    try world.shell("mkdir target; printf precious > elsewhere; ln elsewhere target/f")
    #expect(try world.restore(point) { $0.overwrite = true }.isComplete)
    #expect(try world.read(world.target + "/f") == "archived")
    #expect(try world.read(world.directory + "/elsewhere") == "precious")
    #expect(try world.shell("ls -A target") == "f\n")
  }

  @Test func replacesOtherKindsButNeverADirectoryThatIsNotEmpty() throws {
    let world = try RestoreWorld()
    try world.write("file", "f")
    try world.write("dir/inside", "i")
    try world.write("occupied", "o")
    try world.shell("ln -s x source/link")
    let point = try world.archive()
    try world.shell(
      """
      mkdir target outside; cd target; ln -s ../outside/victim file; ln -s ../outside dir; mkdir occupied link
      echo keep > occupied/keep
      """)
    let report = try world.restore(point) { $0.overwrite = true }
    #expect(report.failures.map(\.path.displayedPath) == ["occupied"])
    #expect(report.failures.first?.reason == "a directory that isn't empty is in its place")
    #expect(report.damageCount == 0)
    #expect(try world.shell("ls -A outside") == "")
    #expect(try world.read(world.target + "/dir/inside") == "i")
    #expect(
      try world.shell("test -L target/link && test ! -L target/file && cat target/file target/occupied/keep")
        == "fkeep\n")
  }

  @Test func continuesAnInterruptedRestore() throws {
    let world = try RestoreWorld()
    for number in 0..<200 { try world.write("d\(number % 7)/f\(number)", "content of \(number)") }
    try noise(400_000, seed: 3).write(to: URL(fileURLWithPath: world.source + "/large"))
    let point = try world.archive()
    // Cancelled before the second entry: only what the first steps make is there.
    let cancellation = Cancellation()
    cancellation.cancel()
    #expect(throws: CancellationError.self) { try world.restore(point, cancellation: cancellation) }
    #expect(FileManager.default.fileExists(atPath: world.target + "/.backupctl-restore.json"))
    // What an interruption in the middle leaves: whole files, a short one, one without its time, a left-over name.
    try world.shell(
      """
      cd target; mkdir -p d0 d1; cp -p ../source/d0/f0 d0/; head -c 3 ../source/d0/f7 > d0/f7; cp ../source/d1/f1 d1/
      truncate -s 400000 large; head -c 100000 ../source/large | dd of=large conv=notrunc 2>/dev/null
      """)
    let inode = try world.shell("stat -c '%i %z' target/d0/f0")
    let report = try world.restore(point) { $0.verify = true }
    #expect(report.isContinued)
    #expect(report.failures == [])
    #expect(report.comparison?.differences == [])
    #expect(try world.differences(point) == [])
    #expect(try world.shell("stat -c '%i %z' target/d0/f0") == inode)
    #expect(report.writtenBytes < 400_000)
    #expect(!FileManager.default.fileExists(atPath: world.target + "/.backupctl-restore.json"))
  }

  @Test func cancelsWhileFilesAreWrittenAndGoesOnFromThere() throws {
    let world = try RestoreWorld()
    for number in 0..<3000 { try world.write("d\(number % 40)/f\(number)", "content of \(number)") }
    let point = try world.archive()
    let (cancellation, progress) = (Cancellation(), RestoreProgress())
    let watcher = WorkerThread {
      while progress.entries < 300 {}; cancellation.cancel()
    }
    #expect(throws: CancellationError.self) {
      try world.restore(point, cancellation: cancellation, progress: progress)
    }
    watcher.join()
    let report = try world.restore(point)
    #expect(report.isContinued)
    #expect(report.unchanged > 0)
    #expect(report.isComplete)
    #expect(try world.differences(point) == [])
  }

  @Test func doesNotContinueAnotherSelection() throws {
    let world = try RestoreWorld()
    try world.write("a", "x")
    try world.write("b", "x")
    let point = try world.archive()
    let cancellation = Cancellation()
    cancellation.cancel()
    #expect(throws: CancellationError.self) { try world.restore(point, cancellation: cancellation) }
    try world.shell("echo x > target/a")
    let error = #expect(throws: EngineError.self) { try world.restore(point) { $0.paths = [PathBytes(path: "b")] } }
    #expect(error?.message.contains("unfinished restore of tree/t@") == true)
  }

  @Test(.enabled(if: RestoreWorld.isRoot, "needs root to mount a small file system"))
  func stopsAtOnceWhenTheTargetIsFullAndCanBeContinued() throws {
    let world = try RestoreWorld()
    try noise(300_000, seed: 4).write(to: URL(fileURLWithPath: world.source + "/large"))
    try world.write("small", "s")
    let point = try world.archive()
    try world.shell("mkdir target; mount -t tmpfs -o size=200k tmpfs target")
    defer { _ = try? RestoreWorld.run("umount", [world.target]) }
    let error = #expect(throws: EngineError.self) { try world.restore(point) }
    #expect(error?.code == .restoreFailed)
    #expect(error?.message.contains("No space left on device") == true)
    #expect(error?.hint?.contains("run the same command again") == true)
    try world.shell("mount -o remount,size=2M target")
    let report = try world.restore(point)
    #expect(report.isContinued)
    #expect(try world.differences(point) == [])
  }
}
