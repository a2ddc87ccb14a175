import Foundation
import HostSystem
import Testing

@testable import BackupEngine

/// On what a throwaway server of PostgreSQL is never started: it would write to what a link leads to.
@Suite struct PostgresLayoutTests {
  private func lack(version: String = "15", after script: String = "true") throws -> String? {
    let directory = NSTemporaryDirectory() + "backupctl-layout-\(UUID().uuidString)"
    // What can't be removed is left in the system's temporary directory.
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let made = try ToolProcess.run([
      "sh", "-ec",
      """
      mkdir -p "$0/global" "$0/pg_wal" "$0/pg_xlog" "$0/pg_tblspc" "$0/base"; cd "$0"
      touch global/pg_control pg_wal/00000001000000000000000A pg_xlog/00000001000000000000000A
      \(script)
      """, directory,
    ])
    try #require(made.status == 0, "\(made.output)")
    return try PostgresLayout(PathBytes(path: directory), version: version).lack()
  }

  @Test func isContentWithAWholeDirectory() throws {
    #expect(try lack() == nil)
    #expect(try lack(version: "9.6", after: "rm -r pg_wal") == nil)
  }

  @Test(arguments: [
    ("rm global/pg_control", "it was copied only in part"),
    ("rm -r pg_wal", "copied without its write-ahead log: there is no pg_wal"),
    ("rm pg_wal/*; touch pg_wal/archive_status pg_wal/000000010000000000000A", "pg_wal holds no segment"),
    ("rm -r pg_wal; ln -s /var/lib/elsewhere pg_wal", "it is a link to /var/lib/elsewhere"),
    ("ln -s /srv/fast pg_tblspc/16384", "the tablespace 16384 isn't in the point: it is a link to /srv/fast"),
  ])
  func saysWhatIsMissing(script: String, part: String) throws {
    #expect(try lack(after: script)?.contains(part) == true)
  }
}
