import BackupEngine
import BackupModel
import BackupRepository
import Foundation
import HostSystem
import Testing

@Suite struct RestoreTreeTests {
  /// A tree with everything that an ordinary user can make.
  private func makeTree(_ world: RestoreWorld) throws {
    try noise(300_000, seed: 1).write(to: URL(fileURLWithPath: world.source + "/large"))
    try world.shell(
      """
      cd source
      mkdir -p a/b empty closed; echo one > a/f; ln a/f a/b/g; ln a/f z; ln -s ../nowhere a/l; ln -s /etc abs
      truncate -s 1M a/sparse; printf mid | dd of=a/sparse bs=1 seek=500000 conv=notrunc 2>/dev/null
      truncate -s 200k onlyhole; : > zero; mkfifo fifo; cp large copy
      chmod 4755 a/f; chmod 1777 a/b; touch -d '1955-01-01T00:00:00.250000001Z' a/b
      touch -d '2200-01-01T00:00:00.5Z' zero; touch -h -d '1960-06-01T12:00:00.75Z' a/l
      printf x > "$(printf 'not\\377utf8')"; printf y > "$(printf 'new\\nline')"
      chmod 0 closed
      """)
    // Deeper than PATH_MAX.
    var directory = try OpenFile.open(PathBytes(path: world.source), .directory)
    let name = PathBytes(repeating: 0x64, count: 200)
    for _ in 0..<25 {
      try directory.makeDirectory(name, permissions: 0o755)
      directory = try directory.open(name, .directory)
    }
    let bottom = try directory.open(PathBytes(path: "bottom"), .newFile(permissions: 0o644))
    try bottom.write(Array("deep".utf8))
    try bottom.close()
    try directory.makeHardLink(PathBytes(path: "bottom"), in: directory, newName: PathBytes(path: "second"))
  }

  private func expectIdentical(_ world: RestoreWorld) throws {
    let result = try RestoreWorld.run(
      "rsync",
      [
        "-aHAX", "--checksum", "--dry-run", "--itemize-changes", "--delete", world.source + "/", world.target + "/",
      ])
    #expect(result.output == "")
    #expect(result.status == 0)
  }

  @Test(
    .enabled(if: RestoreWorld.has("rsync"), "rsync isn't installed"),
    .enabled(if: RestoreWorld.isRoot, "needs root to read a closed directory"))
  func restoresATreeThatIsIdentical() throws {
    let world = try RestoreWorld()
    try makeTree(world)
    let point = try world.archive()
    let report = try world.restore(point) { $0.verify = true }
    #expect(report.failures == [])
    #expect(report.comparison?.differences == [])
    #expect(report.comparison?.entries == point.statistics.entries)
    #expect(report.entries == point.statistics.entries)
    #expect(report.files == point.statistics.files)
    #expect(report.hardLinks == 3)
    #expect(try world.differences(point) == [])
    // rsync passes whole paths to the kernel, so the part that is deeper than that is only compared by ourselves.
    try world.shell("rm -rf source/ddd* target/ddd*; touch -r target source")
    try expectIdentical(world)
    #expect(try world.shell("stat -c %b target/onlyhole") == "0\n")
    #expect(try world.shell("test $(stat -c %b target/a/sparse) -lt 64 && echo sparse") == "sparse\n")
    #expect(!FileManager.default.fileExists(atPath: world.target + "/.backupctl-restore.json"))
  }

  @Test(
    .enabled(if: RestoreWorld.isRoot, "needs root"),
    .enabled(if: RestoreWorld.has("setfacl") && RestoreWorld.has("setfattr"), "needs the packages acl and attr"))
  func restoresOwnersDevicesAndAttributesForRoot() throws {
    let world = try RestoreWorld()
    try world.shell(
      """
      cd source; mkdir d; echo x > d/f; chown 1234:2345 d/f; chmod 6755 d/f; mknod null c 1 3; mknod blk b 7 99
      python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("sock")' || true
      setfattr -n user.note -v hello d/f; setfattr -n trusted.t -v t d; chown -h 77:88 null
      setfacl -m u:4321:r-- d/f; setfacl -d -m g:4321:rwx d; ln -s d link; chown -h 5:6 link
      cp /bin/true cap; setcap cap_net_raw+ep cap || true; chown 9 cap; setcap cap_net_raw+ep cap || true
      """)
    let point = try world.archive()
    let report = try world.restore(point) { $0.verify = true }
    #expect(report.failures == [])
    #expect(report.comparison?.differences == [])
    #expect(report.notPermitted == 0)
    try expectIdentical(world)
    #expect(try world.shell("stat -c %a:%u:%g target/d/f") == "6755:1234:2345\n")
    #expect(try world.shell("getfacl -c target/d 2>/dev/null").contains("default:group:4321:rwx"))
    #expect(try world.shell("stat -c %t:%T target/null") == "1:3\n")
  }

  @Test func doesNotInheritAnACLOfTheTarget() throws {
    guard RestoreWorld.has("setfacl") else { return }
    let world = try RestoreWorld()
    try world.write("d/f", "x")
    let point = try world.archive()
    try world.shell("mkdir target; setfacl -d -m u:4321:rwx target")
    #expect(try world.restore(point).failures == [])
    #expect(try world.differences(point) == [])
  }

  @Test func restoresOnePathBelowItsRecordedParents() throws {
    let world = try RestoreWorld()
    try world.write("a/b/wanted/file", "yes")
    try world.write("a/b/other", "no")
    try world.write("c", "no")
    try world.shell("chmod 750 source/a; touch -d '2001-01-01' source/a/b/wanted source/a/b source/a")
    let point = try world.archive()
    let report = try world.restore(point) {
      $0.paths = [PathBytes(path: "/a/b/wanted/"), PathBytes(path: "./a/b/wanted/file")]
      $0.verify = true
    }
    #expect(report.isComplete)
    #expect(
      try world.shell("cd target; find . | sort") == "./a\n./a/b\n./a/b/wanted\n./a/b/wanted/file\n".replacingPrefix())
    #expect(try world.shell("stat -c '%a %Y' target/a") == world.shell("stat -c '%a %Y' source/a"))
    #expect(try world.shell("stat -c %Y target/a/b") == world.shell("stat -c %Y source/a/b"))
  }

  @Test func restoresTheContentOfAHardLinkWhoseFirstNameIsNotSelected() throws {
    let world = try RestoreWorld()
    try world.write("a/first", "content")
    try world.shell("mkdir source/b; ln source/a/first source/b/second; ln source/a/first source/b/third")
    let point = try world.archive()
    let report = try world.restore(point) {
      $0.paths = [PathBytes(path: "b")]
      $0.verify = true
    }
    #expect(report.isComplete)
    #expect(report.comparison?.differences == [])
    #expect(try world.read(world.target + "/b/second") == "content")
    #expect(try world.shell("stat -c %h target/b/third") == "2\n")
    #expect(!FileManager.default.fileExists(atPath: world.target + "/a"))
  }

  @Test func namesTheNearestSiblingOfAnUnknownPathAndWritesNothing() throws {
    let world = try RestoreWorld()
    try world.write("etc/ssh/sshd_config", "x")
    let point = try world.archive()
    let error = #expect(throws: RepositoryError.self) {
      try world.restore(point) { $0.paths = [PathBytes(path: "etc/ssh/sshd_confg")] }
    }
    #expect(error?.code == .noSuchEntry)
    #expect(error?.hint == "did you mean `etc/ssh/sshd_config`?")
    #expect(!FileManager.default.fileExists(atPath: world.target))
  }

  @Test func refusesADirectoryThatIsNotEmptyAndLeavesItAlone() throws {
    let world = try RestoreWorld()
    try world.write("f", "new")
    let point = try world.archive()
    try world.shell("mkdir target; echo old > target/f")
    let error = #expect(throws: EngineError.self) { try world.restore(point) }
    #expect(error?.code == .targetUnusable)
    #expect(error?.hint?.contains("--overwrite") == true)
    #expect(try world.shell("ls -A target; cat target/f") == "f\nold\n")
  }

  @Test func refusesATargetWhoseParentIsMissingOrThatIsAFile() throws {
    let world = try RestoreWorld()
    let point = try world.archive()
    for target in ["/missing/target", "/source/../file"] {
      try world.shell("echo x > file")
      let error = #expect(throws: EngineError.self) {
        try world.restore(point) { $0.target = PathBytes(path: world.directory + target) }
      }
      #expect(error?.code == .targetUnusable)
    }
  }

  @Test func refusesToTakeTheTargetOfAnotherUnfinishedRestore() throws {
    let world = try RestoreWorld()
    try world.write("f", "x")
    let point = try world.archive()
    try world.shell("mkdir target; echo '{}' > target/.backupctl-restore.json; echo y > target/g")
    let error = #expect(throws: EngineError.self) { try world.restore(point) }
    #expect(error?.message.contains("unfinished restore") == true)
  }
}

extension String {
  fileprivate func replacingPrefix() -> String { ".\n" + self }
}
