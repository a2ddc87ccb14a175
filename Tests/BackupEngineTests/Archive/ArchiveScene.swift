import BackupArchive
import BackupEngine
import BackupModel
import BackupRepository
import Foundation
import HostSystem
import TestSupport
import Testing

/// A clock that a test moves: an hour with every look at the time of day, so that every point has its own second.
final class ArchiveClock: HostClock {
  private let hours = Monitor(Int64(0))

  func now() -> Timestamp {
    Timestamp(
      seconds: 1_800_000_000 + 3600
        * hours.update { hours -> Int64 in
          hours += 1
          return hours
        })
  }
  func elapsed() -> Duration { .zero }
  /// Long after the tree was made, so that no file counts as recent.
  func inodeTime() -> Timestamp { Timestamp(seconds: 4_000_000_000) }
}

/// A small tree, a repository, and what is needed to archive the one into the other; removed at the end.
final class ArchiveScene {
  let directory: URL
  let tree: URL
  let repositoryDirectory: URL
  let clock = ArchiveClock()
  static let source = SourceID(kind: .tree, name: "scene")

  /// Frames and packs so small that a few files fill several.
  static let parameters = WriterParameters(
    frameSize: .kibibytes(16), packSize: .kibibytes(40), chunkSize: .kibibytes(64))

  init() throws {
    directory = FileManager.default.temporaryDirectory.appending(path: "backupctl-tests-\(UUID().uuidString)")
    tree = directory.appending(path: "tree")
    repositoryDirectory = directory.appending(path: "repository")
    try FileManager.default.createDirectory(at: tree, withIntermediateDirectories: true)
    _ = try Repository.create(
      Array(repositoryDirectory.path.utf8), id: "00000000-0000-4000-8000-000000000000",
      created: Timestamp(seconds: 1_800_000_000), tool: "tests")
  }

  deinit {
    // What can't be removed is left in the system's temporary directory.
    try? FileManager.default.removeItem(at: directory)
  }

  /// Writes a file of the tree, with its directories.
  func write(_ path: String, _ content: [UInt8]) throws {
    let url = tree.appending(path: path)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(content).write(to: url)
  }

  /// Fills the tree: small files, one in slices, an empty one, a hard link, a symbolic link.
  func fill() throws {
    var random = SeededRandom(seed: 1)
    for number in 0..<8 { try write("small/\(number)", random.bytes(6000 + 500 * number)) }
    try write("a-text", Array(String(repeating: "all work and no play\n", count: 100).utf8))
    try write("large", random.bytes(140_000))
    try write("z/empty", [])
    try FileManager.default.linkItem(at: tree.appending(path: "small/3"), to: tree.appending(path: "z/same"))
    try FileManager.default.createSymbolicLink(
      atPath: tree.appending(path: "z/link").path, withDestinationPath: "../a-text")
  }

  /// Changes some of it.
  func change() throws {
    var random = SeededRandom(seed: 2)
    try write("small/5", random.bytes(20_000))
    try write("new/file", random.bytes(40_000))
    try FileManager.default.removeItem(at: tree.appending(path: "small/7"))
    var large = [UInt8](try Data(contentsOf: tree.appending(path: "large")))
    large.replaceSubrange(70_000..<70_010, with: random.bytes(5000))
    try write("large", large)
  }

  func copyRepository(to name: String) throws -> URL {
    let copy = directory.appending(path: name)
    try? FileManager.default.removeItem(at: copy)  // It may not exist.
    try FileManager.default.copyItem(at: repositoryDirectory, to: copy)
    return copy
  }

  /// Archives the tree through a storage.
  func archive(_ storage: any RepositoryStorage, holder: String = "tests") throws -> RecoveryPoint {
    let repository = try Repository(storage: storage)
    var point = PointRequest(
      store: repository.store(try #require(Self.source)), host: "host", tool: "tests", holder: holder)
    point.parameters = Self.parameters
    point.threads = 2
    let request = TreeArchive.Request(point, path: Array(tree.path.utf8))
    return try TreeArchive(request, clock: clock).run(progress: ArchiveProgress(), cancellation: Cancellation())
  }

  /// Archives the tree into a directory.
  func archive(in directory: URL) throws -> RecoveryPoint {
    try archive(try FileStorage(directory: Array(directory.path.utf8)))
  }

  /// What the tree holds now, as ``contents(of:in:)`` gives it for a point.
  func contents() throws -> [String: [UInt8]] {
    var found: [String: [UInt8]] = [".": []]
    for case let path as String in FileManager.default.enumerator(atPath: tree.path)?.allObjects ?? [] {
      let url = tree.appending(path: path)
      let attributes = try FileManager.default.attributesOfItem(atPath: url.path)
      switch attributes[.type] as? FileAttributeType {
      case .typeRegular?: found[path] = [UInt8](try Data(contentsOf: url))
      case .typeSymbolicLink?:
        found[path] = Array(try FileManager.default.destinationOfSymbolicLink(atPath: url.path).utf8)
      default: found[path] = []
      }
    }
    return found
  }

  /// What all entries of a point hold: the content of files, the target of symbolic links.
  func contents(of id: RecoveryPointID, in directory: URL) throws -> [String: [UInt8]] {
    let store = try store(in: directory)
    let chunks = try store.chunkReader(keepsTables: true)
    let decompressor = try FrameDecompressor()
    var found: [String: [UInt8]] = [:]
    try IndexReader(root: try store.point(id).index, chunks: chunks).forEachEntry { entry in
      var content: [UInt8] = entry.linkTarget ?? []
      if let target = entry.hardLinkTarget { content = found[target.displayedPath] ?? [] }
      for extent in entry.extents {
        if let chunk = extent.chunk {
          content += try chunks.bytes(of: chunk, with: decompressor)
        } else {
          content += [UInt8](repeating: 0, count: Int(extent.length))
        }
      }
      found[entry.path.displayedPath] = content
      return true
    }
    return found
  }

  /// The paths of a point that can't be read or don't hold what they should; all of them if the index can't be read.
  func unreadablePaths(
    of id: RecoveryPointID, in directory: URL, expected: [String: [UInt8]]
  ) throws -> Set<String> {
    let store = try store(in: directory)
    let chunks = try store.chunkReader(keepsTables: true)
    let decompressor = try FrameDecompressor()
    var left = expected.filter { !$0.value.isEmpty }
    do {
      try IndexReader(root: try store.point(id).index, chunks: chunks).forEachEntry { entry in
        guard entry.kind == .file, entry.hardLinkTarget == nil else { return true }
        do {
          let content = try entry.extents.flatMap { try chunks.bytes(of: try #require($0.chunk), with: decompressor) }
          let path = entry.path.displayedPath
          if content == left[path] { left[path] = nil }
        } catch is RepositoryError {
          // It stays among those that weren't read.
        }
        return true
      }
    } catch is RepositoryError {
      return Set(left.keys)
    }
    return Set(left.keys)
  }

  func store(in directory: URL) throws -> SourceStore {
    try Repository.open(Array(directory.path.utf8)).store(try #require(Self.source))
  }
}
