import BackupModel
import BackupRepository
import Foundation
import HostSystem
import TestSupport
import Testing

@testable import BackupEngine

/// A repository, and commands whose output is archived into it; removed at the end.
final class StreamScene: Sendable {
  let directory: String
  let clock = ArchiveClock()
  var repositoryDirectory: String { directory + "/repository" }

  init() throws {
    directory = NSTemporaryDirectory() + "backupctl-stream-tests-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    _ = try Repository.create(
      PathBytes(path: directory + "/repository"), id: UUID().uuidString.lowercased(),
      created: Timestamp(seconds: 1_800_000_000), tool: "tests")
  }

  deinit {
    // What can't be removed is left in the system's temporary directory.
    try? FileManager.default.removeItem(atPath: directory)
  }

  func store() throws -> SourceStore {
    try Repository.open(PathBytes(path: repositoryDirectory)).store(try #require(SourceID(kind: .stream, name: "s")))
  }

  /// Writes the file that commands of the scene give out.
  func write(_ content: [UInt8], to name: String = "output") throws {
    try Data(content).write(to: URL(fileURLWithPath: "\(directory)/\(name)"))
  }

  func request(_ store: SourceStore) -> StreamArchive.Request {
    var point = PointRequest(store: store, host: "host", tool: "tests", holder: "tests")
    // Frames and packs so small that a few hundred kilobytes fill several.
    point.parameters = WriterParameters(
      frameSize: .kibibytes(64), packSize: .kibibytes(200), chunkSize: .kibibytes(64))
    point.threads = 2
    return StreamArchive.Request(point, file: "dump")
  }

  /// Archives what a shell script writes, run in the scene's directory.
  func archive(
    _ script: String = "cat output", storage: (any RepositoryStorage)? = nil,
    _ change: (inout StreamArchive.Request) -> Void = { _ in }
  ) async throws -> RecoveryPoint {
    var store = try store()
    if let storage { store = try Repository(storage: storage).store(store.source) }
    var request = request(store)
    change(&request)
    return try await StreamArchive(request, clock: clock).run(command(script), progress: ArchiveProgress())
  }

  /// The command of a script.
  func command(_ script: String) -> ChildCommand {
    var command = ChildCommand("sh", ["-c", "cd \"$0\"; \(script)", directory])
    command.stopGrace = .milliseconds(500)
    return command
  }

  /// The entry of the content in a point.
  func entry(_ point: RecoveryPoint) throws -> IndexEntry {
    let chunks = try store().chunkReader(keepsTables: true)
    return try #require(try IndexReader(root: point.index, chunks: chunks).entry(at: PathBytes(path: "dump")))
  }

  /// The content of a point, through its index and chunks.
  func content(_ point: RecoveryPoint) throws -> [UInt8] {
    var bytes: [UInt8] = []
    try FileContent(try store().chunkReader(keepsTables: true)).read(try entry(point)) { slice in
      bytes += slice
      return true
    }
    return bytes
  }

  /// Runs a program in the scene's directory and gives its output.
  func tool(_ script: String) throws -> [UInt8] {
    let result = try ToolProcess.run(["sh", "-ec", "cd \"$0\"; { \(script); } > tool-output", directory])
    try #require(result.status == 0, "\(script): \(result.output)")
    return [UInt8](try Data(contentsOf: URL(fileURLWithPath: directory + "/tool-output")))
  }

  /// Names of what an archive that came to its end must not leave.
  func leftovers() throws -> [String] {
    try ["points", "packs"].flatMap {
      try FileManager.default.contentsOfDirectory(atPath: "\(repositoryDirectory)/sources/stream/s/\($0)")
    }.filter { $0.hasSuffix(".part") || $0.hasSuffix(".checkpoint") }
  }

  /// What check and a full verification find.
  func damage() throws -> [String] {
    let repository = try Repository.open(PathBytes(path: repositoryDirectory))
    let check = try RepositoryCheck(repository, clock: clock, tool: "tests").run(cancellation: Cancellation())
    let request = PackVerification.Request(store: try store(), tool: "tests")
    let verified = try PackVerification(request, clock: clock)
      .run(progress: ArchiveProgress(), cancellation: Cancellation())
    return (check.damage + verified.damage).map(\.what)
  }
}
