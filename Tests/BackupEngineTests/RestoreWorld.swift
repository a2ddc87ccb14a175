import BackupEngine
import BackupModel
import BackupRepository
import Foundation
import HostSystem
import Testing

/// A fresh directory with a source tree, a repository and a target; removed afterwards.
final class RestoreWorld {
  let directory: String
  let repository: Repository
  var source: String { directory + "/source" }
  var target: String { directory + "/target" }

  init(_ name: String = #function) throws {
    directory = NSTemporaryDirectory() + "backupctl-restore-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: directory + "/source", withIntermediateDirectories: true)
    repository = try Repository.create(
      PathBytes(path: directory + "/repository"), id: UUID().uuidString.lowercased(),
      created: Timestamp(seconds: 1_763_787_600), tool: "tests")
  }

  deinit { _ = try? Self.run("rm", ["-rf", directory]) }

  func store() throws -> SourceStore {
    repository.store(try #require(SourceID(kind: .tree, name: "t")))
  }

  /// Archives the source.
  func archive() throws -> RecoveryPoint {
    var point = PointRequest(store: try store(), host: "test", tool: "tests", holder: "tests")
    point.parameters = WriterParameters(
      compressionLevel: 1, frameSize: .kibibytes(64), packSize: .mebibytes(64), chunkSize: .kibibytes(16))
    let request = TreeArchive.Request(point, path: PathBytes(path: source))
    return try TreeArchive(request, clock: SystemClock()).run(
      progress: ArchiveProgress(), cancellation: Cancellation())
  }

  /// Restores a point into the target.
  func restore(
    _ point: RecoveryPoint, cancellation: Cancellation = Cancellation(), progress: RestoreProgress = RestoreProgress(),
    _ change: (inout TreeRestore.Request) -> Void = { _ in }
  ) throws -> RestoreReport {
    var request = TreeRestore.Request(store: try store(), point: point, target: PathBytes(path: target))
    change(&request)
    return try TreeRestore(request, clock: SystemClock()).run(progress: progress, cancellation: cancellation)
  }

  /// What the comparison finds between a point and the target.
  func differences(
    _ point: RecoveryPoint, _ change: (inout TreeComparison.Request) -> Void = { _ in }
  ) throws -> [String] {
    var request = TreeComparison.Request(store: try store(), point: point, directory: PathBytes(path: target))
    change(&request)
    let report = try TreeComparison(request, clock: SystemClock()).run(
      progress: RestoreProgress(), cancellation: Cancellation()
    ) { _ in }
    return report.differences.map(\.description).sorted()
  }

  func write(_ path: String, _ content: String) throws {
    let full = source + "/" + path
    try FileManager.default.createDirectory(
      atPath: (full as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try Data(content.utf8).write(to: URL(fileURLWithPath: full))
  }

  func read(_ path: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
  }

  /// Runs a script in the world's directory.
  @discardableResult
  func shell(_ script: String) throws -> String {
    let result = try Self.run("sh", ["-ec", "cd \"$0\"; \(script)", directory])
    try #require(result.status == 0, "\(script): \(result.output)")
    return result.output
  }

  /// Whether a program is installed.
  static func has(_ program: String) -> Bool {
    (try? run("sh", ["-c", "command -v \(program)"]).status) == 0
  }

  static var isRoot: Bool { (try? run("id", ["-u"]).output) == "0\n" }

  /// Runs a program and waits for its end.
  static func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
    try ToolProcess.run([program] + arguments)
  }
}

/// Bytes that don't compress, the same for the same seed.
func noise(_ count: Int, seed: UInt64) -> Data {
  var state = seed
  var bytes = Data(capacity: count)
  while bytes.count < count {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    bytes.append(UInt8(truncatingIfNeeded: state >> 56))
  }
  return bytes
}
