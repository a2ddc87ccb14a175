import Foundation
import GRDB
import Testing

@testable import BackupCatalog

@Suite struct OpenForReadingTests {
  private let scene: CatalogScene
  init() throws { scene = try CatalogScene() }

  @Test func makesNothingWhenNoCatalogIsThere() throws {
    #expect(try scene.openForReading().map(\.directory) == nil)
    #expect(!FileManager.default.fileExists(atPath: scene.directory))
    try FileManager.default.createDirectory(atPath: scene.directory, withIntermediateDirectories: false)
    #expect(try scene.openForReading().map(\.directory) == nil)
    #expect(try scene.names().isEmpty)
  }

  @Test func seesWhatARunningProcessHasCommitted() throws {
    let writing = try scene.open()
    let run = try writing.runs.begin(.sample())
    let reading = try #require(try scene.openForReading())
    #expect(try reading.runs.latest().map(\.id) == [run.id])
    try writing.runs.finish(run.id, as: .degraded)
    #expect(try reading.runs.latest().map(\.state) == [.degraded])
  }

  @Test func leavesOnlyFilesThatTheNextRunTakesAlong() throws {
    try scene.fill()
    try scene.openForReading()?.close()
    #expect(
      try Set(scene.names()).subtracting(["catalog.sqlite-shm", "catalog.sqlite-wal"]) == [
        "catalog.lock", "catalog.sqlite",
      ])
    try scene.open().close()
    #expect(try scene.names() == ["catalog.lock", "catalog.sqlite"])
  }

  @Test func refusesToWriteWhenOpenedForReading() throws {
    try scene.fill()
    let reading = try #require(try scene.openForReading())
    let refused = try failure { _ = try reading.runs.begin(.sample()) }
    #expect(refused.code == .notWritable)
    #expect(try reading.runs.latest().count == 1)
  }

  @Test(arguments: ["", "not a database"])
  func saysThatACatalogIsDamagedAndLeavesItToTheNextRun(content: String) throws {
    try scene.open().close()
    try Data(content.utf8).write(to: scene.url("catalog.sqlite"))
    let refused = try failure { _ = try scene.openForReading() }
    #expect(refused.code == .damaged)
    #expect(refused.category == .failed)
    #expect(refused.hint?.contains("no backup is affected") == true)
    #expect(try scene.bytes("catalog.sqlite") == Data(content.utf8))
  }

  @Test func upgradesACatalogOfAnOlderVersion() throws {
    try FileManager.default.createDirectory(atPath: scene.directory, withIntermediateDirectories: false)
    let queue = try DatabaseQueue(path: scene.url("catalog.sqlite").path)
    try CatalogSchema.migrator.migrate(queue, upTo: "1-journal")
    try queue.close()
    let reading = try #require(try scene.openForReading())
    #expect(!reading.isNew)
    #expect(try reading.leases.all().isEmpty)
  }

  @Test func saysWhichColumnHoldsWhatNoProgramWrote() throws {
    try scene.fill()
    try scene.withDatabase { try $0.execute(sql: "UPDATE run SET state = 'peculiar'") }
    let refused = try failure { _ = try scene.open().runs.latest() }
    #expect(refused.code == .damaged)
    #expect(refused.cause == "column state holds `peculiar`")
  }
}
