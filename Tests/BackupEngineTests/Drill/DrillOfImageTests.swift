import BackupModel
import BackupPolicy
import BackupRepository
import Foundation
import HostSystem
import Testing
import VolumeSnapshots

@testable import BackupEngine

/// What a drill finds in images of volumes with real file systems.
@Suite struct DrillOfImageTests {
  private let scene: ImageScene

  init() throws { scene = try ImageScene() }

  /// Makes the volume by a script, and archives all of it.
  private func archive(_ script: String) throws -> RecoveryPoint {
    _ = try scene.tool("export PATH=\"$PATH:/usr/sbin:/sbin\"; \(script)")
    let size = try OpenFile.open(PathBytes(path: scene.device), .readOwn).length()
    return try scene.archive(BlockMap(size: size, [BlockMap.Range(0..<size, .changed)]))
  }

  private func drill(
    _ point: RecoveryPoint, in scratch: String? = nil, _ change: (inout Drill) -> Void = { _ in }
  ) async throws -> DrillReport {
    let place = scratch ?? scene.directory
    var drill = Drill(
      store: try scene.store(), point: point, scratchDirectory: PathBytes(path: place), tool: "tests")
    change(&drill)
    let report = try await drill.run(clock: scene.clock)
    let names = try FileManager.default.contentsOfDirectory(atPath: place)
    #expect(!names.contains { $0.hasPrefix("backupctl-drill-\(drill.store.repositoryID.prefix(8))") })
    #expect(try scene.store().attestations.read().attestations.last?.result == (report.hasFindings ? .damaged : .ok))
    return report
  }

  private static func has(_ program: String) -> Bool {
    ["/usr/sbin", "/sbin", "/usr/bin"].contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") }
  }

  private static let canMount =
    ProcessStatus.isRoot && has("mount") && has("nsenter")
    && FileManager.default.fileExists(atPath: "/dev/loop-control")

  private static let ext = "truncate -s 16M device; mkfs.ext4 -q -F device; "

  @Test(.enabled(if: has("mkfs.ext4"))) func passesAWholeExt4() async throws {
    let report = try await drill(try archive(Self.ext))
    #expect(report.findings.isEmpty && report.obstacles.isEmpty)
    #expect(report.probeText == "file-system 1 ok")
    #expect(report.bytes > .zero)
  }

  @Test(.enabled(if: has("mkfs.ext4")))
  func findsABrokenExt4AndNamesPointAndImage() async throws {
    // The bitmaps of the first group; the superblock says that all is clean.
    let point = try archive(
      Self.ext + "dd if=/dev/urandom of=device bs=1024 seek=70 count=400 conv=notrunc status=none")
    let report = try await drill(point)
    #expect(report.findings.count == 1)
    #expect(report.findings.first?.hasPrefix("volume/pve/vm-1-disk-0@\(point.id): volume.img: e2fsck: ") == true)
  }

  @Test(.enabled(if: has("mkfs.ext4"))) func findsAnExt4WithoutItsFirstSuperblock() async throws {
    let report = try await drill(
      try archive(Self.ext + "dd if=/dev/zero of=device bs=1024 seek=1 count=1 conv=notrunc status=none"))
    #expect(report.findings.count == 1)
    #expect(report.findings.first?.contains("its first superblock is gone; there is a copy at") == true)
  }

  @Test(.enabled(if: has("mkfs.ext4") && has("debugfs")))
  func replaysTheJournalOfAVolumeThatWasInUseBeforeItJudges() async throws {
    // The first block of the table of inodes is in the journal only, as after a power cut.
    let point = try archive(
      Self.ext + """
        dd if=device of=block bs=1024 skip=134 count=1 status=none
        printf 'jo\\njw -b 134 block\\njc\\n' | debugfs -w device >/dev/null 2>&1
        dd if=/dev/zero of=device bs=1024 seek=134 count=1 conv=notrunc status=none
        ! e2fsck -f -n device >/dev/null 2>&1
        """)
    let report = try await drill(point)
    #expect(report.obstacles.isEmpty && report.findings.isEmpty, "\(report.findings)")
  }

  @Test(.enabled(if: has("mkfs.xfs"))) func judgesAnXFSByItsOwnChecker() async throws {
    let whole = try await drill(try archive("truncate -s 310M device; mkfs.xfs -q -f device"))
    #expect(whole.findings.isEmpty && whole.probeText == "file-system 1 ok", "\(whole.obstacles)")
    // The root of the tree of free space of the first group.
    let report = try await drill(
      try archive("dd if=/dev/zero of=device bs=4096 seek=1 count=1 conv=notrunc status=none"))
    #expect(report.findings.count == 1)
    #expect(report.findings.first?.contains("volume.img: xfs_repair: ") == true, "\(report.findings)")
  }

  @Test func saysOfAnEncryptedVolumeThatOnlyItsHeaderWasLookedAt() async throws {
    let header = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../../Fixtures/luks/luks2-header")
    try scene.write([UInt8](try Data(contentsOf: header)))
    let report = try await drill(try archive("truncate -s 20M device"))
    #expect(report.findings.isEmpty && report.obstacles.isEmpty)
    #expect(
      report.notes.contains { $0.contains("encrypted with LUKS2; only its header was looked at") }, "\(report.notes)")
  }

  @Test(.enabled(if: has("mkfs.ext4"))) func findsAVolumeThatHasLostTheFileSystemOfAnEarlierPoint() async throws {
    let first = try archive(Self.ext)
    let report = try await drill(try archive("head -c 16M /dev/zero | tr '\\0' x > device"))
    #expect(report.findings.count == 1)
    #expect(
      report.findings.first?.hasSuffix("it holds no file system that is known; in the point \(first.id) it held ext4")
        == true, "\(report.findings)")
  }

  @Test func namesTheImageWhenItsDataAreDamaged() async throws {
    let point = try archive("head -c 600000 /dev/urandom > device; truncate -s 655360 device")
    _ = try scene.tool("for p in repository/sources/volume/pve/vm-1-disk-0/packs/*; do rm \"$p\"; break; done")
    let report = try await drill(point)
    #expect(report.findings.count == 1 && !report.isEqual)
    #expect(report.findings.first?.hasPrefix("volume/pve/vm-1-disk-0@\(point.id): volume.img: ") == true)
  }

  /// Copied while it is mounted, as a snapshot is made: what was synchronised is in the journal only.
  @Test(.enabled(if: canMount && has("mkfs.xfs")))
  func replaysTheLogOfAnXFSThatWasInUseBeforeItJudges() async throws {
    let point = try archive(
      """
      truncate -s 310M live; mkfs.xfs -q -f live; mkdir files; mount -o loop live files
      for i in 1 2 3 4 5 6 7 8; do echo $i > files/$i; sync files/$i; done
      cp --sparse=always live device; umount files; rm live
      xfs_logprint -t device | grep -q '<DIRTY>'
      """)
    let report = try await drill(point) {
      $0.looksInside = true
      $0.probes = [ProbeDeclaration(.command(["sh", "-c", "test $(cat $BACKUPCTL_SCRATCH/8) = 8"]))]
    }
    #expect(report.findings.isEmpty && report.obstacles.isEmpty, "\(report.findings + report.obstacles)")
    #expect(report.probeText == "file-system 1 ok, command 1 ok")
  }

  // MARK: - Looking inside

  private static let database =
    "sqlite3 files/srv/app.db 'CREATE TABLE t (n); CREATE INDEX i ON t (n);"
    + " WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 5000) INSERT INTO t SELECT n FROM c;'; "
  private static let dump = #"printf -- '-- MySQL dump 10.13\nINSERT INTO `t` VALUES (1);\n' > files/all.sql; "#

  /// An image of what a script puts below the directory `files`.
  private func image(_ script: String, _ type: String = "ext4", mebibytes: Int = 16) throws -> RecoveryPoint {
    // Synchronized, since unmounting isn't the end: who made a namespace of mounts meanwhile, as other drills do, has a copy of this one.
    let make = type == "ext4" ? "mkfs.ext4 -q -F" : "mkfs.\(type) -q -f >/dev/null"
    return try archive(
      "rm -rf files device; mkdir files; truncate -s \(mebibytes)M device; \(make) device; "
        + "mount -o loop device files; mkdir files/srv; trap 'sync -f files && umount files' EXIT; \(script)")
  }

  @Test(.enabled(if: canMount && has("sqlite3"))) func looksAtTheFilesInAnImageAndNamesThemBelowIt() async throws {
    try await looksInside("ext4", mebibytes: 16)
  }

  @Test(.enabled(if: canMount && has("sqlite3") && has("mkfs.btrfs"), "needs sqlite3 and btrfs-progs"))
  func looksAtTheFilesInAnImageOfBtrfs() async throws {
    try await looksInside("btrfs", mebibytes: 120)
  }

  private func looksInside(_ type: String, mebibytes: Int) async throws {
    let whole = try await drill(try image(Self.database, type, mebibytes: mebibytes)) { $0.looksInside = true }
    #expect(whole.findings.isEmpty && whole.obstacles.isEmpty, "\(whole.findings + whole.obstacles)")
    #expect(whole.probeText == "file-system 1 ok, sqlite 1 ok, dump none")
    let torn = "dd if=/dev/zero of=files/srv/app.db bs=1024 seek=22 count=2 conv=notrunc status=none"
    let point = try image(Self.database + Self.dump + torn, type, mebibytes: mebibytes)
    let report = try await drill(point) { $0.looksInside = true }
    let begin = "volume/pve/vm-1-disk-0@\(point.id): volume.img/"
    #expect(report.findings.count == 2)
    #expect(report.findings.contains { $0.hasPrefix("\(begin)srv/app.db: SQLite: ") }, "\(report.findings)")
    #expect(report.findings.contains { $0.hasPrefix("\(begin)all.sql: the dump is cut short") })
    // Other tests mount at the same time, elsewhere.
    #expect(try !String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8).contains(scene.directory))
    #expect(try scene.tool("losetup -a").contains(scene.directory) == false)
  }

  @Test(.enabled(if: canMount)) func mountsNothingUnlessAskedTo() async throws {
    let report = try await drill(try image("mkdir files/x")) { $0.probes.append(ProbeDeclaration(.command(["ls"]))) }
    #expect(report.probeText == "file-system 1 ok, command 1 ok")
  }

  @Test(.enabled(if: canMount)) func givesACommandTheFilesAndTheImage() async throws {
    let command = [
      "sh", "-c", "test -d $BACKUPCTL_SCRATCH/srv && test -f $BACKUPCTL_IMAGE; ls $BACKUPCTL_SCRATCH >&2; exit 3",
    ]
    let report = try await drill(try image("true")) {
      $0.looksInside = true
      $0.probes = [ProbeDeclaration(.command(command))]
    }
    #expect(report.findings.count == 1)
    #expect(report.findings.first?.hasSuffix("volume.img: sh ended with code 3: lost+found; srv") == true)
    // It is examined before it is mounted, even if nobody asked for that.
    #expect(report.probeText == "file-system 1 ok, command 1 damaged")
  }

  @Test(.enabled(if: canMount)) func mountsNoFileSystemInWhichItsCheckerFindsDamage() async throws {
    let point = try archive(
      Self.ext + "dd if=/dev/urandom of=device bs=1024 seek=70 count=400 conv=notrunc status=none")
    let report = try await drill(point) { $0.looksInside = true }
    #expect(report.findings.count == 1)
    #expect(report.probeText == "file-system 1 damaged, sqlite 1 unable, dump 1 unable")
    #expect(
      report.obstacles.first?.hasSuffix("its file system isn't as it should be, so that it isn't mounted") == true)
  }

  @Test func notesOfAnEncryptedImageThatItIsNotLookedInto() async throws {
    let header = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../../Fixtures/luks/luks2-header")
    try scene.write([UInt8](try Data(contentsOf: header)))
    let report = try await drill(try archive("truncate -s 20M device")) { $0.looksInside = true }
    #expect(report.findings.isEmpty && report.obstacles.isEmpty)
    #expect(report.probeText == "file-system 1 ok, sqlite none, dump none")
    #expect(report.notes.contains { $0.contains("only its header was looked at") })
  }

  private static let postgres =
    (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql"))?.first  // None is installed.

  @Test(.enabled(if: canMount && postgres != nil && has("setpriv")))
  func startsAThrowawayPostgreSQLOnADirectoryInAnImage() async throws {
    let version = try #require(Self.postgres)
    let make = """
      chown postgres files/srv
      (cd /; setpriv --reuid=postgres --regid=postgres --clear-groups /usr/lib/postgresql/\(version)/bin/initdb \
        -D "$OLDPWD/files/srv/pg" -A trust --no-sync >/dev/null)
      """
    // The socket's path may have 107 bytes.
    let point = try image("chmod 755 . files; \(make)", mebibytes: 100)
    let report = try await drill(point, in: "/tmp") {
      $0.looksInside = true
      $0.probes = [ProbeDeclaration(.postgres(programs: ProbeDeclaration.defaultPostgresPrograms))]
    }
    #expect(report.findings.isEmpty && report.obstacles.isEmpty, "\(report.findings + report.obstacles)")
    #expect(report.probeText == "file-system 1 ok, postgres 1 ok")
    let lost = try image("chmod 755 . files; \(make); rm files/srv/pg/pg_wal/0*", mebibytes: 100)
    let broken = try await drill(lost, in: "/tmp") {
      $0.looksInside = true
      $0.probes = [ProbeDeclaration(.postgres(programs: ProbeDeclaration.defaultPostgresPrograms))]
    }
    let lack = "the directory was copied without its write-ahead log: pg_wal holds no segment"
    #expect(
      broken.findings.first?.hasSuffix("volume.img/srv/pg: PostgreSQL \(version): \(lack)") == true,
      "\(broken.findings)")
  }
}
