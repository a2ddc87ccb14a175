import BackupModel
import GRDB
import Testing

@testable import BackupCatalog

@Suite struct AnswerTests {
  private let scene: CatalogScene
  private let catalog: Catalog

  init() throws {
    scene = try CatalogScene()
    catalog = try scene.open()
  }

  @Test func givesTheLastAnswerWithItsTimeWhenOpenedAgain() throws {
    let start = scene.clock.now()
    #expect(try catalog.answers.last(to: "claims") == nil)
    #expect(try catalog.answers.keep("[1]", to: "claims"))
    scene.clock.advance(seconds: 60)
    #expect(try catalog.answers.keep("[2]", to: "claims"))
    #expect(try catalog.answers.keep("ß", to: "other"))
    try catalog.close()
    let again = try #require(try scene.openForReading())
    #expect(
      try again.answers.last(to: "claims") == Answer(answered: start.adding(seconds: 60), content: "[2]"))
    #expect(try again.answers.last(to: "other")?.content == "ß")
  }

  @Test func keepsTheAnswerBeforeWhenTheNextIsTooLong() throws {
    #expect(try catalog.answers.keep("short", to: "claims"))
    #expect(try !catalog.answers.keep(String(repeating: "x", count: AnswerBook.longestContent + 1), to: "claims"))
    #expect(try catalog.answers.last(to: "claims")?.content == "short")
  }

  @Test func forgetsOneAnswer() throws {
    try catalog.answers.keep("a", to: "claims")
    try catalog.answers.keep("b", to: "other")
    try catalog.answers.forget("claims")
    #expect(try catalog.answers.last(to: "claims") == nil)
    #expect(try catalog.answers.last(to: "other") != nil)
  }

  @Test func bringsACatalogUpToDateThatKeptNoAnswersYet() throws {
    _ = try catalog.runs.begin(.sample())
    try catalog.close()
    try scene.withDatabase {
      try $0.execute(sql: "DROP TABLE answer; DELETE FROM grdb_migrations WHERE identifier = '3-answers'")
    }
    let again = try scene.open()
    #expect(!again.isNew && again.note == nil)
    #expect(try again.runs.latest().count == 1)
    #expect(try again.answers.keep("a", to: "claims"))
  }
}
