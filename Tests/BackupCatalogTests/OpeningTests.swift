import BackupModel
import Foundation
import GRDB
import HostSystem
import TestSupport
import Testing

@testable import BackupCatalog

@Suite struct OpeningTests {
  private let scene: CatalogScene
  init() throws { scene = try CatalogScene() }

  @Test func makesDirectoryAndDatabaseForTheOwnerOnlyWhenNoneIsThere() throws {
    let deep = scene.directory + "/deeper/still"
    let catalog = try Catalog.open(directory: deep, clock: scene.clock)
    #expect(catalog.isNew)
    #expect(catalog.note == nil)
    #expect(try scene.permissions(scene.directory) == 0o700)
    #expect(try scene.permissions(deep) == 0o700)
    _ = try catalog.runs.begin(.sample())
    for name in ["catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm", "catalog.lock"] {
      #expect(try scene.permissions("\(deep)/\(name)") == 0o600, "\(name)")
    }
  }

  @Test func keepsWhatWasWrittenWhenOpenedAgain() throws {
    try scene.fill()
    let catalog = try scene.open()
    #expect(!catalog.isNew)
    #expect(catalog.note == nil)
    #expect(try catalog.runs.latest().map(\.state) == [.ok])
  }

  @Test func leavesOneFileAndItsLockWhenClosed() throws {
    try scene.fill()
    #expect(try scene.names() == ["catalog.lock", "catalog.sqlite"])
  }

  @Test func waitsForTheMediumAtEachCommit() throws {
    let catalog = try scene.open()
    let settings = try catalog.runs.database.read(toDo: "look") { database in
      try ["journal_mode", "synchronous", "foreign_keys"].map { name in
        try String.fetchOne(database, sql: "PRAGMA \(name)")
      }
    }
    #expect(settings == ["wal", "2", "1"])
  }

  @Test func movesADatabaseOfAnotherProgramAside() throws {
    try FileManager.default.createDirectory(atPath: scene.directory, withIntermediateDirectories: false)
    try scene.withDatabase { try $0.execute(sql: "CREATE TABLE run (distance REAL)") }
    let catalog = try scene.open()
    #expect(catalog.isNew)
    #expect(catalog.note?.contains("(it isn't a catalog)") == true)
    #expect(try catalog.runs.latest().isEmpty)
  }

  enum Damage: String, CaseIterable {
    case random, empty, oneByte, headerOnly, half, pageOverwritten, text
  }

  @Test(arguments: Damage.allCases)
  func movesACatalogAsideThatIsDamaged(damage: Damage) throws {
    try scene.fill()
    var random = SeededRandom(seed: 3)
    var bytes = Array(try scene.bytes("catalog.sqlite"))
    #expect(bytes.count > 8 * 4096)
    switch damage {
    case .random: bytes = random.bytes(bytes.count)
    case .empty: bytes = []
    case .oneByte: bytes = [0x53]
    case .headerOnly: bytes = Array(bytes[..<100])
    case .half: bytes = Array(bytes[..<(bytes.count / 2 / 4096 * 4096)])
    case .pageOverwritten:
      for page in 3..<8 { bytes.replaceSubrange(page * 4096..<(page + 1) * 4096, with: random.bytes(4096)) }
    case .text: bytes = Array("this is not a database, and never was one\n".utf8)
    }
    try Data(bytes).write(to: scene.url("catalog.sqlite"))

    let catalog = try scene.open()
    #expect(catalog.isNew)
    let note = try #require(catalog.note)
    #expect(note.contains("moved aside as catalog.sqlite.damaged-20261122T050000Z;"))
    #expect(try scene.bytes("catalog.sqlite.damaged-20261122T050000Z") == Data(bytes))
    #expect(try catalog.runs.latest().isEmpty)
    let run = try catalog.runs.begin(.sample())
    try catalog.close()
    let again = try scene.open()
    #expect(again.note == nil)
    #expect(try again.runs.latest().map(\.id) == [run.id])
  }

  @Test func movesTheWriteAheadLogAsideWithItsDatabase() throws {
    try scene.fill()
    for name in ["catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm"] {
      try Data("not what it was".utf8).write(to: scene.url(name))
    }
    try Data(repeating: 7, count: 5000).write(to: scene.url("catalog.sqlite"))
    _ = try scene.open()
    let moved = try scene.names().filter { $0.contains("damaged") }
    #expect(moved.contains("catalog.sqlite.damaged-20261122T050000Z"))
    #expect(try scene.bytes("catalog.sqlite.damaged-20261122T050000Z-wal") == Data("not what it was".utf8))
  }

  @Test func movesASecondOneAsideUnderANameOfItsOwnWithinTheSameSecond() throws {
    for _ in 0..<2 {
      try scene.open().close()
      try Data("spoilt".utf8).write(to: scene.url("catalog.sqlite"))
      try scene.open().close()
    }
    let moved = try scene.names().filter { $0.contains("damaged") }
    #expect(
      moved == ["catalog.sqlite.damaged-20261122T050000Z", "catalog.sqlite.damaged-20261122T050000Z-2"])
  }

  @Test func refusesACatalogOfANewerVersionAndLeavesItAsItIs() throws {
    try scene.fill()
    try scene.withDatabase { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('9-from-the-future')") }
    for refused in [
      try failure { _ = try scene.open() }, try failure { _ = try scene.openForReading() },
    ] {
      #expect(refused.code == .tooNew)
      #expect(refused.category == .formatTooNew)
      #expect(refused.message.contains("a newer version of this program wrote it"))
    }
    #expect(try !scene.names().contains { $0.contains("damaged") })
    #expect(try scene.withDatabase { try Int.fetchOne($0, sql: "SELECT count(*) FROM task") } == 200)
  }

  @Test func takesNoWriteAheadLogFromADatabaseThatIsGone() throws {
    try scene.fill()
    try FileManager.default.removeItem(at: scene.url("catalog.sqlite"))
    try Data(repeating: 7, count: 40_000).write(to: scene.url("catalog.sqlite-wal"))
    let catalog = try scene.open()
    #expect(catalog.isNew)
    #expect(catalog.note == nil)
    #expect(try catalog.runs.latest().isEmpty)
  }

  @Test func beginsAnewWhenACrashLeftAnUnfinishedDatabase() throws {
    try scene.open().close()
    try FileManager.default.removeItem(at: scene.url("catalog.sqlite"))
    for name in ["catalog.sqlite.new", "catalog.sqlite.new-wal", "catalog.sqlite.new-journal"] {
      try Data("half a database".utf8).write(to: scene.url(name))
    }
    let catalog = try scene.open()
    #expect(catalog.isNew)
    try catalog.close()
    #expect(try scene.names() == ["catalog.lock", "catalog.sqlite"])
  }

  @Test func saysWhyWhenTheStateDirectoryIsAFile() throws {
    try Data().write(to: URL(filePath: scene.directory))
    let refused = try failure { _ = try scene.open() }
    #expect(refused.category == .failed)
    #expect(refused.message == "cannot open the catalog in \(scene.directory): Not a directory")
  }

  @Test func isMadeOnceWhenManyOpenItAtOnce() throws {
    let isNew = try inParallel(8) { _ in try scene.open() }.map(\.isNew)
    #expect(isNew.filter { $0 }.count == 1)
  }

  @Test func isMovedAsideOnceWhenManyFindItDamaged() throws {
    try scene.fill()
    try Data("spoilt".utf8).write(to: scene.url("catalog.sqlite"))
    let notes = try inParallel(8) { _ in try scene.open() }.compactMap(\.note)
    #expect(notes.count == 1)
    #expect(
      try scene.names().filter { $0.contains("damaged") && !$0.hasSuffix("-wal") && !$0.hasSuffix("-shm") }.count == 1)
  }
}
