import BackupModel
import BackupRepository
import Foundation
import HostSystem
import Synchronization
import TestSupport
import Testing
import VolumeSnapshots

@testable import BackupEngine

/// A repository, and a file that stands for a volume; removed at the end.
final class ImageScene: Sendable {
  let directory: String
  let clock = ArchiveClock()
  var repositoryDirectory: String { directory + "/repository" }
  var device: String { directory + "/device" }
  static let block: Int64 = 16 << 10

  init() throws {
    directory = NSTemporaryDirectory() + "backupctl-image-tests-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    _ = try Repository.create(
      PathBytes(path: directory + "/repository"), id: UUID().uuidString.lowercased(),
      created: Timestamp(seconds: 1_800_000_000), tool: "tests")
  }

  deinit {
    // What can't be removed is left in the system's temporary directory.
    try? FileManager.default.removeItem(atPath: directory)
  }

  func store(storage: (any RepositoryStorage)? = nil) throws -> SourceStore {
    let source = try #require(SourceID(kind: .volume, name: "pve/vm-1-disk-0"))
    if let storage { return try Repository(storage: storage).store(source) }
    return try Repository.open(PathBytes(path: repositoryDirectory)).store(source)
  }

  /// Gives the volume a content.
  func write(_ content: [UInt8]) throws { try Data(content).write(to: URL(fileURLWithPath: device)) }

  func request(_ store: SourceStore, _ map: BlockMap) throws -> ImageArchive.Request {
    var point = PointRequest(store: store, host: "host", tool: "tests", holder: "tests")
    // Frames and packs so small that a few hundred kilobytes fill several.
    point.parameters = WriterParameters(
      frameSize: .kibibytes(64), packSize: .kibibytes(200), chunkSize: .kibibytes(64))
    point.threads = 2
    point.consistency = .crash
    point.volume = RecoveryPoint.Volume(group: "pve", name: "vm-1-disk-0", mode: .image)
    return ImageArchive.Request(
      point, device: try OpenFile.open(PathBytes(path: device), .readOwn), map: map,
      blockSize: ByteCount(Self.block))
  }

  /// Archives the volume.
  @discardableResult
  func archive(
    _ map: BlockMap, reader: CountingBlocks? = nil, storage: (any RepositoryStorage)? = nil,
    cancellation: Cancellation = Cancellation(), _ change: (inout ImageArchive.Request) -> Void = { _ in }
  ) throws -> RecoveryPoint {
    var request = try request(try store(storage: storage), map)
    change(&request)
    let archive = ImageArchive(request, clock: clock)
    let progress = ArchiveProgress()
    guard let reader else { return try archive.run(progress: progress, cancellation: cancellation) }
    return try archive.run(reading: reader, progress: progress, cancellation: cancellation)
  }

  /// A reader of the volume that counts.
  func counter() throws -> CountingBlocks {
    CountingBlocks(DeviceBlocks(try OpenFile.open(PathBytes(path: device), .readOwn)))
  }

  /// The entry of the image in a point.
  func entry(_ point: RecoveryPoint) throws -> IndexEntry {
    let chunks = try store().chunkReader(keepsTables: true)
    return try #require(try IndexReader(root: point.index, chunks: chunks).entry(at: ImageArchive.path))
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

  /// Runs a script in the scene's directory and gives its output.
  func tool(_ script: String) throws -> String {
    let result = try ToolProcess.run(["sh", "-ec", "cd \"$0\"; \(script)", directory])
    try #require(result.status == 0, "\(script): \(result.output)")
    return result.output
  }

  func bytes(of name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(directory)/\(name)")))
  }

  /// Names of what an archive that came to its end must not leave.
  func leftovers() throws -> [String] {
    try ["points", "packs"].flatMap {
      try FileManager.default.contentsOfDirectory(
        atPath: "\(repositoryDirectory)/sources/volume/pve/vm-1-disk-0/\($0)")
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

/// Reads a volume, counts what is read, and fails where a test wants it to.
final class CountingBlocks: BlockReading {
  private struct State {
    var ranges: [Range<Int64>] = []
    var failingAt: Int64?
    var cancels: (after: Int, Cancellation)?
  }

  private let base: any BlockReading
  private let state = Mutex(State())

  init(_ base: any BlockReading) { self.base = base }

  var path: String { base.path }
  func length() throws(SystemError) -> Int64 { try base.length() }

  func read(at offset: Int64, count: Int, appendingTo buffer: inout [UInt8]) throws(SystemError) -> Int {
    let fails = state.withLock { state in
      state.ranges.append(offset..<offset + Int64(count))
      if let (after, cancellation) = state.cancels, state.ranges.count > after { cancellation.cancel() }
      return state.failingAt.map { (offset..<offset + Int64(count)).contains($0) } ?? false
    }
    if fails { throw SystemError(call: "read", errno: 5, path: path) }
    return try base.read(at: offset, count: count, appendingTo: &buffer)
  }

  /// Lets reads that touch a byte fail.
  func fail(at offset: Int64) { state.withLock { $0.failingAt = offset } }
  /// Cancels after some reads.
  func cancel(_ cancellation: Cancellation, after reads: Int) { state.withLock { $0.cancels = (reads, cancellation) } }

  /// What was read, joined; a byte that was read twice counts twice in ``bytes``.
  var ranges: [BlockMap.Range] {
    let end = state.withLock { $0.ranges.map(\.upperBound).max() ?? 0 }
    return BlockMap(size: end, state.withLock { $0.ranges.map { BlockMap.Range($0, .changed) } }).ranges
  }
  var bytes: Int64 { state.withLock { $0.ranges.reduce(0) { $0 + $1.upperBound - $1.lowerBound } } }
}
