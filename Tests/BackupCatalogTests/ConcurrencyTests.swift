import BackupModel
import Foundation
import Testing

@testable import BackupCatalog

@Suite struct ConcurrencyTests {
  private let scene: CatalogScene
  init() throws { scene = try CatalogScene() }

  @Test func keepsTheStepsOfRunsApartThatWriteAtTheSameTime() throws {
    let rounds = 10
    let ids = try inParallel(4) { number in
      let catalog = try scene.open()
      let run = try catalog.runs.begin(.sample(number < 2 ? "weekly" : "nightly-\(number)"))
      for round in 0..<rounds {
        let task = TaskName(job: "nfs", subject: "\(number)/\(round)")
        try catalog.runs.record(
          [.taskStarting(task, attempt: 1), .remark("\(number)")], of: run.id)
        let lease = try catalog.leases.acquire(
          LeaseClaim(.scratch, on: "\(number)", by: CatalogScene.process, for: run.id))
        try catalog.runs.record(
          [.taskEnded(task, .init(.succeeded, attempts: 1, duration: .milliseconds(round)))], of: run.id)
        try catalog.leases.release(lease)
      }
      try catalog.runs.finish(run.id, as: .ok)
      try catalog.close()
      return run.id
    }
    #expect(Set(ids).count == 4)
    let catalog = try scene.open()
    #expect(catalog.note == nil)
    for (number, id) in ids.enumerated() {
      let steps = try catalog.runs.steps(of: id)
      #expect(steps.map(\.sequence) == Array(1...rounds * 3))
      #expect(Set(steps.compactMap(\.content.message)) == ["\(number)"])
      #expect(try catalog.runs.usableTasks(of: id).count == rounds)
    }
    #expect(try catalog.leases.all().isEmpty)
  }

  @Test func givesALeaseToOneOfManyWhenAllWantIt() throws {
    let catalogs = try (0..<4).map { _ in try scene.open() }
    for round in 0..<20 {
      let got = try inParallel(4) { number in
        do {
          _ = try catalogs[number].leases.acquire(
            LeaseClaim(.mount, on: "/m/\(round)", by: CatalogScene.process))
          return true
        } catch let error as CatalogError where error.code == .leaseHeld {
          return false
        }
      }
      #expect(got.filter { $0 }.count == 1)
    }
  }

  /// A process that has written a large part of a transaction into the write-ahead log, and holds the writers' lock.
  private static let halfATransaction = """
    import sqlite3, sys, time
    database = sqlite3.connect(sys.argv[1], isolation_level=None)
    database.execute("PRAGMA cache_size = 5")
    database.execute("BEGIN IMMEDIATE")
    database.execute("UPDATE run SET state = 'failed'")
    database.execute("DELETE FROM task")
    for number in range(3000):
        database.execute("INSERT INTO pause (since, until, reason, who) VALUES ('x', 'x', ?, 'x')", ("y" * 500,))
    print("ready", flush=True)
    time.sleep(600)
    """

  static let python = "/usr/bin/python3"

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: python), "needs python3"))
  func losesNothingCommittedWhenAWriterIsKilledInATransaction() throws {
    try scene.fill()
    let logBefore = try? scene.bytes("catalog.sqlite-wal").count  // There is none when all have closed it.
    let writer = Process()
    let output = Pipe()
    writer.executableURL = URL(filePath: Self.python)
    writer.arguments = ["-c", Self.halfATransaction, scene.url("catalog.sqlite").path]
    writer.standardOutput = output
    try writer.run()
    #expect(String(decoding: output.fileHandleForReading.readData(ofLength: 6), as: UTF8.self) == "ready\n")

    // Those who read aren't kept waiting, and see nothing of it.
    let reading = try #require(try scene.openForReading())
    #expect(try reading.runs.latest().map(\.state) == [.ok])
    kill(writer.processIdentifier, SIGKILL)
    writer.waitUntilExit()
    #expect(writer.terminationReason == .uncaughtSignal)
    #expect(try scene.bytes("catalog.sqlite-wal").count > (logBefore ?? 0) + 1_000_000)

    let catalog = try scene.open()
    #expect(catalog.note == nil)
    let run = try #require(try catalog.runs.latest().first)
    #expect(run.state == .ok)
    #expect(try catalog.runs.jobs(of: run.id).first?.tasks.count == 200)
    #expect(try catalog.pauses.history().isEmpty)
    try catalog.runs.record([.remark("after")], of: run.id)
    #expect(try scene.open().runs.steps(of: run.id).count == 2)
  }
}
