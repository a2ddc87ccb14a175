import BackupModel
import Foundation
import GRDB
import HostSystem
import Synchronization
import Testing

@testable import BackupCatalog

/// A clock that stands still until a test moves it.
final class StandingClock: HostClock {
  private let time = Mutex(Timestamp(CalendarTime(year: 2026, month: 11, day: 22, hour: 5)))

  func now() -> Timestamp { time.withLock { $0 } }
  func elapsed() -> Duration { .seconds(now().seconds) }
  func inodeTime() -> Timestamp { now() }
  func advance(seconds: Int64) { time.withLock { $0 = $0.adding(seconds: seconds) } }
}

/// A state directory of a test's own, removed at the end.
final class CatalogScene: Sendable {
  let parent: URL
  let directory: String
  let clock = StandingClock()

  init() throws {
    parent = FileManager.default.temporaryDirectory.appending(path: "backupctl-catalog-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
    directory = parent.appending(path: "state").path
  }

  deinit {
    try? FileManager.default.removeItem(at: parent)  // What can't be removed is left to the system.
  }

  static let process = ProcessIdentity(pid: 4711, startTicks: .max - 5, bootID: "1f6f0b4e")

  func open() throws -> Catalog { try Catalog.open(directory: directory, clock: clock) }
  func openForReading() throws -> Catalog? { try Catalog.openForReading(directory: directory, clock: clock) }

  func url(_ name: String) -> URL { URL(filePath: directory).appending(path: name) }
  func bytes(_ name: String) throws -> Data { try Data(contentsOf: url(name)) }
  func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: directory).sorted() }
  func permissions(_ path: String) throws -> Int {
    try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
  }

  /// A closed catalog that holds a run with some tasks, in several pages.
  func fill(tasks: Int = 200) throws {
    let catalog = try open()
    let run = try catalog.runs.begin(.sample())
    try catalog.runs.record([.init(at: .zero, .jobExpanded(job: "nfs", tasks: .sample(tasks)))], of: run.id)
    try catalog.runs.finish(run.id, as: .ok)
    try catalog.close()
  }

  /// Opens the database without the catalog, to look at it or to spoil it.
  func withDatabase<Result>(_ body: (Database) throws -> Result) throws -> Result {
    let queue = try DatabaseQueue(path: url("catalog.sqlite").path)
    let result = try queue.writeWithoutTransaction(body)
    try queue.close()
    return result
  }
}

extension RunStart {
  static func sample(
    _ schedule: String = "weekly", resuming: RunID? = nil, jobs: [String] = ["nfs", "verify"]
  ) -> RunStart {
    RunStart(
      of: schedule, from: "/etc/backupctl/schedules/\(schedule).yaml", tool: "backupctl 1.0", host: "pve1",
      process: CatalogScene.process, repository: "6f1c1f0e", resuming: resuming, jobs: jobs)
  }
}

extension [JournalEntry.ExpandedTask] {
  static func sample(_ count: Int) -> Self {
    (0..<count).map { .init(subject: "tree/nfs/\($0)", parameters: ["depth": "\($0)"]) }
  }
}

extension RunJournal {
  /// Records steps a second apart.
  func record(_ steps: [JournalEntry.Step], of run: RunID) throws {
    try record(steps.enumerated().map { JournalEntry(at: .seconds($0), $1) }, of: run)
  }
}

/// What a body threw, if it was an error of the catalog.
func failure(_ body: () throws -> Void) throws -> CatalogError {
  var caught: CatalogError?
  do { try body() } catch let error as CatalogError { caught = error }
  return try #require(caught, "nothing was thrown")
}
