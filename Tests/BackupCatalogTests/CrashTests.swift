import BackupModel
import Foundation
import TestSupport
import Testing

@testable import BackupCatalog

/// What a power failure leaves: the database and any beginning of its write-ahead log.
@Suite struct CrashTests {
  private let scene: CatalogScene
  init() throws { scene = try CatalogScene() }

  /// Opens a catalog of files as they would be found after a crash.
  private func afterACrash<Result>(
    leaving database: Data, log: Data, _ body: (Catalog) throws -> Result
  ) throws -> Result {
    let found = try CatalogScene()
    try FileManager.default.createDirectory(atPath: found.directory, withIntermediateDirectories: false)
    try database.write(to: found.url("catalog.sqlite"))
    try log.write(to: found.url("catalog.sqlite-wal"))
    let catalog = try found.open()
    let result = try body(catalog)
    try catalog.close()
    return withExtendedLifetime(found) { result }
  }

  /// That a catalog holds steps up to some moment, with the states that belong to them.
  private func expectAPrefix(_ catalog: Catalog, of rounds: Int) throws -> Int {
    #expect(catalog.note == nil)
    guard let run = try catalog.runs.latest().first else { return 0 }
    let steps = try catalog.runs.steps(of: run.id)
    #expect(steps.map(\.sequence) == Array(1..<steps.count + 1))
    let started = steps.filter { $0.kind == .taskStarting }.count
    let ended = steps.filter { $0.kind == .taskEnded }.count
    let tasks = try catalog.runs.jobs(of: run.id).flatMap(\.tasks)
    #expect(tasks.filter { $0.state == .succeeded }.count == ended)
    #expect(tasks.filter { $0.state == .running }.count == started - ended)
    #expect(try catalog.leases.all().count == started)
    #expect(started <= rounds)
    return steps.count
  }

  @Test func everyBeginningOfTheWriteAheadLogIsAStateThatOnceWas() throws {
    let catalog = try scene.open()
    let rounds = 12
    let run = try catalog.runs.begin(.sample())
    for round in 0..<rounds {
      let task = TaskName(job: "nfs", subject: "\(round)")
      // A lease and its step in one moment, so that each must be there with the other.
      try catalog.runs.database.write(toDo: "test") { database in
        try database.execute(
          sql: "INSERT INTO lease VALUES (NULL, 'mount', '\(round)', '{}', NULL, 1, 1, '', '2026-11-22T05:00:00Z')")
        try database.execute(
          sql: """
            INSERT INTO step VALUES ('\(run.id)', \(2 * round + 1), 0, 'task starting', '{}');
            INSERT INTO job VALUES ('\(run.id)', 'nfs', 9, 'running', '') ON CONFLICT DO NOTHING;
            INSERT INTO task VALUES ('\(run.id)', 'nfs', '\(round)', NULL, 'running', 1, NULL, NULL, NULL, '', '[]', '{}', '{}')
            """)
      }
      try catalog.runs.record([.taskEnded(task, .init(.succeeded, attempts: 1, duration: .zero))], of: run.id)
    }
    let database = try scene.bytes("catalog.sqlite")
    let log = try scene.bytes("catalog.sqlite-wal")
    #expect(log.count > 100_000)
    var random = SeededRandom(seed: 20_261_122)
    var seen: Set<Int> = []
    for cut in (0..<60).map({ _ in random.below(log.count) }) + [0, 31, 32, log.count - 1, log.count] {
      let count = try afterACrash(leaving: database, log: log.prefix(cut)) { try expectAPrefix($0, of: rounds) }
      seen.insert(count)
    }
    #expect(seen.count > rounds)
    #expect(seen.contains(0))
    #expect(seen.contains(rounds * 2))
  }

  @Test func aFlippedBitInTheWriteAheadLogLeavesAStateThatOnceWas() throws {
    let catalog = try scene.open()
    let run = try catalog.runs.begin(.sample())
    for number in 0..<20 { try catalog.runs.record([.remark("\(number)")], of: run.id) }
    let database = try scene.bytes("catalog.sqlite")
    let log = try scene.bytes("catalog.sqlite-wal")
    var random = SeededRandom(seed: 7)
    for _ in 0..<40 {
      var spoilt = log
      spoilt[random.below(log.count)] ^= UInt8(1 << random.below(8))
      try afterACrash(leaving: database, log: spoilt) { (opened: Catalog) throws in
        #expect(opened.note == nil)
        let steps = try opened.runs.latest().first.map { try opened.runs.steps(of: $0.id) } ?? []
        #expect(steps.map(\.content.message) == (0..<steps.count).map { "\($0)" })
      }
    }
  }

  @Test func aTransactionThatWasNotCommittedIsGone() throws {
    try scene.fill()
    let catalog = try scene.open()
    try catalog.pauses.pause(until: scene.clock.now().adding(seconds: 60), because: "committed", by: "anna")
    var files: (database: Data, log: Data)?
    try catalog.runs.database.write(toDo: "test") { database in
      // A small cache, so that pages go to the log long before the end.
      try database.execute(sql: "PRAGMA cache_size = 5; DELETE FROM run; DELETE FROM pause")
      for number in 0..<500 {
        try database.execute(
          sql: "INSERT INTO announcement VALUES ('\(number)', 's', ?, '')",
          arguments: [String(repeating: "x", count: 500)])
      }
      files = (try scene.bytes("catalog.sqlite"), try scene.bytes("catalog.sqlite-wal"))
    }
    let left = try #require(files)
    #expect(left.log.count > 200_000)
    try afterACrash(leaving: left.database, log: left.log) { (opened: Catalog) throws in
      #expect(opened.note == nil)
      #expect(try opened.runs.latest().count == 1)
      #expect(try opened.pauses.current()?.reason == "committed")
      #expect(try opened.announcements.all().isEmpty)
    }
    #expect(try catalog.runs.latest().isEmpty)
  }
}
