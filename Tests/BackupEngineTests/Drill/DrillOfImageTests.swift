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

  private func drill(_ point: RecoveryPoint) async throws -> DrillReport {
    let drill = Drill(
      store: try scene.store(), point: point, scratchDirectory: PathBytes(path: scene.directory), tool: "tests")
    let report = try await drill.run(clock: scene.clock)
    let names = try FileManager.default.contentsOfDirectory(atPath: scene.directory)
    #expect(!names.contains { $0.hasPrefix("backupctl-drill") })
    #expect(try scene.store().attestations.read().attestations.last?.result == (report.hasFindings ? .damaged : .ok))
    return report
  }

  private static func has(_ program: String) -> Bool {
    ["/usr/sbin", "/sbin", "/usr/bin"].contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") }
  }

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
}
