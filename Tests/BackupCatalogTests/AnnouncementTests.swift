import Testing

@testable import BackupCatalog

@Suite struct AnnouncementTests {
  private let scene: CatalogScene
  private let announcements: AnnouncementBook
  init() throws {
    scene = try CatalogScene()
    announcements = try scene.open().announcements
  }

  @Test func replacesOnlyWhatIsStillThere() throws {
    #expect(try announcements.last(to: "ntfy", about: "weekly") == nil)
    #expect(try !announcements.replace("ok", with: "failed", to: "ntfy", about: "weekly"))
    #expect(try announcements.replace(nil, with: "failed", to: "ntfy", about: "weekly"))
    #expect(try !announcements.replace(nil, with: "failed", to: "ntfy", about: "weekly"))
    scene.clock.advance(seconds: 60)
    #expect(try announcements.replace("failed", with: "ok", to: "ntfy", about: "weekly"))
    let last = try #require(try announcements.last(to: "ntfy", about: "weekly"))
    #expect(last.state == "ok")
    #expect(last.announced == scene.clock.now())
    #expect(try announcements.last(to: "mail", about: "weekly") == nil)
    #expect(try announcements.last(to: "ntfy", about: "nightly") == nil)
  }

  @Test func givesBackWhatCouldNotBeSent() throws {
    #expect(try announcements.replace(nil, with: "failed", to: "mail", about: "weekly"))
    #expect(try announcements.replace("failed", with: nil, to: "mail", about: "weekly"))
    #expect(try announcements.all().isEmpty)
    #expect(try announcements.replace(nil, with: "failed", to: "mail", about: "weekly"))
  }

  @Test func letsOneOfManyAnnounceWhenAllSeeTheSameChange() throws {
    let catalogs = try (0..<6).map { _ in try scene.open() }
    let changes: [(String?, String)] = [(nil, "failed"), ("failed", "ok"), ("ok", "failed")]
    for (before, after) in changes {
      let sent = try inParallel(6) { number in
        try catalogs[number].announcements.replace(before, with: after, to: "ntfy", about: "weekly")
      }
      #expect(sent.filter { $0 }.count == 1)
    }
  }
}
