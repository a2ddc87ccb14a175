import BackupArchive
import BackupEngine
import BackupModel
import BackupRepository
import Foundation
import HostSystem
import Synchronization
import Testing

/// A clock that goes on by a second at each question.
final class SteppingClock: HostClock {
  private let seconds = Atomic<Int64>(2_000_000_000)
  func now() -> Timestamp { Timestamp(seconds: seconds.add(1, ordering: .relaxed).newValue) }
  func elapsed() -> Duration { .seconds(seconds.add(1, ordering: .relaxed).newValue) }
  /// Later than any file of a test, so that none counts as just changed.
  func inodeTime() -> Timestamp { Timestamp(seconds: seconds.load(ordering: .relaxed)) }
}

/// A tree, a repository with two points of it, and the means to damage and to read it.
final class DamageWorld {
  let directory: URL
  let repository: Repository
  let store: SourceStore
  let clock = SteppingClock()
  /// What each point should hold.
  private(set) var contents: [RecoveryPointID: [String: [UInt8]]] = [:]
  private(set) var points: [RecoveryPointID] = []
  var tree: URL { directory.appendingPathComponent("tree") }
  var storeDirectory: URL { directory.appendingPathComponent("repository/sources/\(store.source)") }

  /// Makes the tree and, unless told otherwise, two points: of the first state, and with two files changed and one added.
  init(points count: Int = 2) throws {
    directory = FileManager.default.temporaryDirectory.appendingPathComponent("damage-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    repository = try Repository.create(
      Array("\(directory.path)/repository".utf8), id: "0b5d0c2e-1111-2222-3333-444455556666",
      created: Timestamp(seconds: 0), tool: "test")
    store = repository.store(try #require(SourceID(kind: .tree, name: "etc")))
    for number in 0..<12 { try write("dir\(number % 3)/small\(number)", Self.bytes(4_000 + number * 100, number)) }
    try write("dir1/large", Self.bytes(90_000, 77))
    try archive()
    guard count > 1 else { return }
    try write("dir0/small0", Self.bytes(4_100, 1000))
    try write("dir2/added", Self.bytes(6_000, 1001))
    try archive()
  }

  deinit { try? FileManager.default.removeItem(at: directory) }  // Only a directory of the test is left over.

  func write(_ path: String, _ bytes: [UInt8]) throws {
    let url = tree.appendingPathComponent(path)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
  }

  /// Bytes that compress to about a half, the same for the same seed.
  static func bytes(_ count: Int, _ seed: Int) -> [UInt8] {
    var state = UInt64(truncatingIfNeeded: seed) &* 0x9E37_79B9_7F4A_7C15 | 1
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 60) &+ 0x41
    }
  }

  @discardableResult
  func archive() throws -> RecoveryPoint {
    var point = PointRequest(store: store, host: "host", tool: "test", holder: "test")
    point.parameters = WriterParameters(
      frameSize: .kibibytes(16), packSize: .gibibytes(1), chunkSize: .kibibytes(16))
    point.threads = 2
    let request = TreeArchive.Request(point, path: Array(tree.path.utf8))
    let made = try TreeArchive(request, clock: clock).run(progress: ArchiveProgress(), cancellation: Cancellation())
    var files: [String: [UInt8]] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: tree.path) {
      var isDirectory: ObjCBool = false
      let full = tree.appendingPathComponent(path).path
      guard FileManager.default.fileExists(atPath: full, isDirectory: &isDirectory), !isDirectory.boolValue else {
        continue
      }
      files[path] = Array(try Data(contentsOf: URL(fileURLWithPath: full)))
    }
    contents[made.id] = files
    points.append(made.id)
    return made
  }

  func check() throws -> CheckReport {
    try RepositoryCheck(repository, clock: clock, tool: "test", pathLimit: .max).run(cancellation: Cancellation())
  }

  func verify(_ change: (inout PackVerification.Request) -> Void = { _ in }) throws -> VerifyReport {
    var request = PackVerification.Request(store: store, tool: "test")
    request.pathLimit = .max
    request.threads = 2
    change(&request)
    return try PackVerification(request, clock: clock).run(progress: ArchiveProgress(), cancellation: Cancellation())
  }

  /// The files of a point that can't be read or aren't what they should be; all of them if the index can't be read.
  func unreadableFiles(of id: RecoveryPointID) throws -> Set<String> {
    var wanted = try #require(contents[id])
    let decompressor = try FrameDecompressor()
    do {
      let point = try store.point(id)
      let chunks = try store.chunkReader(keepsTables: false)
      try IndexReader(root: point.index, chunks: chunks).forEachEntry { entry in
        guard entry.kind == .file else { return true }
        do {
          let bytes = try entry.extents.flatMap { try chunks.bytes(of: try #require($0.chunk), with: decompressor) }
          let path = String(decoding: entry.path, as: UTF8.self)
          if bytes == wanted[path] { wanted[path] = nil }
        } catch is RepositoryError {
          // It stays among the files that weren't read.
        }
        return true
      }
    } catch is RepositoryError {
      return Set(wanted.keys)
    }
    return Set(wanted.keys)
  }

  // MARK: - Damage

  func pointFile(_ id: RecoveryPointID) -> URL { storeDirectory.appendingPathComponent("points/\(id).json") }
  func packFile(_ name: PackName) -> URL { storeDirectory.appendingPathComponent("packs/\(name.fileName)") }

  func edit(_ file: URL, _ change: (inout [UInt8]) -> Void) throws {
    var bytes = Array(try Data(contentsOf: file))
    change(&bytes)
    // In place, as a disk damages files: the reader must not depend on a new inode.
    let handle = try FileHandle(forWritingTo: file)
    try handle.truncate(atOffset: 0)
    try handle.write(contentsOf: Data(bytes))
    try handle.close()
  }

  func flip(_ file: URL, at offset: Int) throws { try edit(file) { $0[offset] ^= 0x10 } }
}
