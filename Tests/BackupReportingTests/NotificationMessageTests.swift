import BackupModel
import Foundation
import Testing

@testable import BackupReporting

@Suite struct NotificationMessageTests {
  /// The announcement that docs/monitoring.md shows.
  static func documented() throws -> NotificationMessage {
    var source = try ReportScene.source()
    source.lastAttempt = ReportScene.attempt(.failed)
    source.failingSince = ReportScene.ago(540)
    return NotificationMessage(
      .failed, state: .failed, previous: .ok, schedule: "weekly",
      report: HostReport(try ReportScene.host(sources: [source])))
  }

  @Test func isTheDocumentedJSON() throws {
    let page = try GoldenPage.text("docs/monitoring.md")
    let start = try #require(page.range(of: "```json\n")).upperBound
    let end = try #require(page.range(of: "```", range: start..<page.endIndex)).lowerBound
    let documented = try JSONSerialization.jsonObject(with: Data(page[start..<end].utf8)) as? NSDictionary
    let text = try NotificationDocument(Self.documented()).text()
    let rendered =
      try JSONSerialization.jsonObject(with: Data(text.utf8)) as? NSDictionary
    #expect(rendered == documented)
    #expect(!text.contains("\n"))
  }

  @Test func documentsEachKindOfConcern() throws {
    let page = try GoldenPage.text("docs/monitoring.md")
    for kind in Concern.Kind.allCases { #expect(page.contains("`\(kind.rawValue)`"), "\(kind)") }
  }

  @Test func leavesOutWhatIsNotKnown() throws {
    let message = NotificationMessage(
      .recovered, state: .ok, previous: nil, report: HostReport(try ReportScene.host()))
    let text = try NotificationDocument(message).text()
    #expect(
      text
        == #"{"concerns":[],"event":"recovered","host":"pve1","schemaVersion":1,"state":"ok","#
        + #""time":"2026-11-22T06:10:00Z","title":"backupctl on pve1: backups are well again"}"#)
  }

  @Test(arguments: [
    (Announcement.failed, nil, "backupctl on pve1: backups need help"),
    (.degraded, nil, "backupctl on pve1: backups are degraded"),
    (.failed, "weekly", "backupctl on pve1: weekly failed"),
    (.degraded, "weekly", "backupctl on pve1: weekly was degraded"),
    (.recovered, "weekly", "backupctl on pve1: weekly is well again"),
  ])
  func saysInOneLineWhatHappened(announcement: Announcement, schedule: String?, title: String) throws {
    let message = NotificationMessage(
      announcement, state: .ok, previous: nil, schedule: schedule, report: HostReport(try ReportScene.host()))
    #expect(message.title == title)
  }

  @Test func listsConcernsWithTheirHints() throws {
    #expect(
      try Self.documented().text == """
        backupctl on pve1: weekly failed at 2026-11-22T06:10:00Z.

        - tree/nfs/immich: the last attempt failed, failing since 2026-11-22T06:01:00Z
          hint: backupctl history tree/nfs/immich

        """)
  }

  @Test func showsNotMoreConcernsThanAnyoneReads() throws {
    var host = try ReportScene.host()
    host.uncovered = (0..<1000).map { "vm-\($0)" }
    let message = NotificationMessage(.degraded, state: .degraded, previous: .ok, report: HostReport(host))
    #expect(message.text.split(separator: "\n").last == "- and 980 more; hint: backupctl status")
  }
}
