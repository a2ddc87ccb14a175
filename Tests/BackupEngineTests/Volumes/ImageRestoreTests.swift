import BackupModel
import BackupRepository
import Foundation
import HostSystem
import TestSupport
import Testing
import VolumeSnapshots

@testable import BackupEngine

@Suite struct ImageRestoreTests {
  private let scene: ImageScene
  private let volume: ImageSample
  private let point: RecoveryPoint
  private let target: PathBytes

  init() throws {
    scene = try ImageScene()
    var volume = ImageSample(seed: 51, chunks: 30, tail: 5000)
    try scene.write(volume.content)
    let first = try scene.archive(volume.map)
    let difference = volume.change(6, resizes: false)
    try scene.write(volume.content)
    point = try scene.archive(difference) { $0.base = first.id }
    self.volume = volume
    target = PathBytes(path: scene.directory + "/target")
  }

  private func restore(
    to target: ImageRestore.Target, cancellation: Cancellation = Cancellation()
  ) throws -> ImageRestoreReport {
    var request = ImageRestore.Request(store: try scene.store(), point: point)
    request.verify = true
    request.threads = 2
    return try ImageRestore(request, clock: SystemClock())
      .run(to: target, progress: RestoreProgress(), cancellation: cancellation)
  }

  @Test func makesASparseFile() throws {
    let report = try restore(to: .newFile(target))
    #expect(try scene.bytes(of: "target") == volume.content)
    #expect(report.isComplete && report.length == volume.size)
    #expect(report.writtenBytes == (try scene.entry(point)).dataBytes)
    let status = try OpenFile.open(target, .readOwn).status()
    #expect(status.allocatedBytes < volume.size && status.permissions == 0o600)
  }

  @Test(arguments: [ByteCount(1), .kibibytes(64), .mebibytes(1)])
  func countsTheUnitsOfAPoolThatAnImageNeeds(unit: ByteCount) throws {
    let restore = ImageRestore(ImageRestore.Request(store: try scene.store(), point: point), clock: SystemClock())
    var units: Set<Int64> = []
    var offset: Int64 = 0
    for extent in try scene.entry(point).extents {
      if extent.chunk != nil, unit > ByteCount(1) {
        units.formUnion(offset / unit.bytes...(offset + extent.length - 1) / unit.bytes)
      }
      offset += extent.length
    }
    let expected = unit > ByteCount(1) ? Int64(units.count) * unit.bytes : try scene.entry(point).dataBytes
    #expect(try restore.occupied(inUnitsOf: unit, cancellation: Cancellation()) == ByteCount(expected))
  }

  @Test func overwritesNoFile() throws {
    try Data([1]).write(to: URL(fileURLWithPath: target.displayedPath))
    let error = #expect(throws: EngineError.self) { try restore(to: .newFile(target)) }
    #expect(try error?.code == .targetUnusable && scene.bytes(of: "target") == [1])
  }

  @Test(arguments: [true, false]) func writesADeviceAndLeavesWhatIsBehindTheImage(isKnownEmpty: Bool) throws {
    var random = SeededRandom(seed: 52)
    let before = isKnownEmpty ? [UInt8](repeating: 0, count: volume.content.count) : random.bytes(volume.content.count)
    try Data(before + [7, 7, 7]).write(to: URL(fileURLWithPath: target.displayedPath))
    let report = try restore(
      to: .device(try OpenFile.open(target, .update), isKnownEmpty: isKnownEmpty))
    #expect(report.isComplete && report.comparison?.bytes == volume.size)
    #expect(try scene.bytes(of: "target") == volume.content + [7, 7, 7])
  }

  @Test func writesOnlyWhatDiffersFromWhatIsThere() throws {
    var before = volume.content
    let hole = try #require(before.indices.first { at in before[at...].prefix(4096).allSatisfy { $0 == 0 } })
    before[hole + 100] = 9
    let last = try #require(before.lastIndex { $0 != 0 && $0 != 9 })
    before[last] ^= 0xFF
    try Data(before).write(to: URL(fileURLWithPath: target.displayedPath))
    let report = try restore(
      to: .similarDevice(try OpenFile.open(target, .update), reading: try OpenFile.open(target, .readOwn)))
    #expect(try scene.bytes(of: "target") == volume.content)
    let block = try #require(point.volume?.blockSize)
    #expect(report.writtenBytes > 0 && report.writtenBytes <= block, "one block; a hole is made, not written")
    #expect(report.isComplete && (report.comparison?.bytes ?? 0) < volume.size, "only what was written is compared")
    // Once more nothing is written at all.
    let again = try restore(
      to: .similarDevice(try OpenFile.open(target, .update), reading: try OpenFile.open(target, .readOwn)))
    #expect(again.writtenBytes == 0 && again.comparison?.bytes == 0 && again.isComplete)
  }

  @Test func writesAllOverWhatIsWhollyDifferent() throws {
    var random = SeededRandom(seed: 53)
    try Data(random.bytes(volume.content.count) + [7]).write(to: URL(fileURLWithPath: target.displayedPath))
    let report = try restore(
      to: .similarDevice(try OpenFile.open(target, .update), reading: try OpenFile.open(target, .readOwn)))
    #expect(try scene.bytes(of: "target") == volume.content + [7])
    #expect(try report.isComplete && report.writtenBytes == (scene.entry(point)).dataBytes)
  }

  @Test func findsWhatADeviceHeldBeforeWhenItWasWronglyCalledEmpty() throws {
    try Data([UInt8](repeating: 1, count: volume.content.count)).write(
      to: URL(fileURLWithPath: target.displayedPath))
    let report = try restore(to: .device(try OpenFile.open(target, .update), isKnownEmpty: true))
    #expect(!report.isComplete && (report.comparison?.differing ?? 0) > 0)
  }

  @Test func refusesADeviceThatIsTooSmall() throws {
    try Data([UInt8](repeating: 1, count: 100)).write(to: URL(fileURLWithPath: target.displayedPath))
    let error = #expect(throws: EngineError.self) {
      try restore(to: .device(try OpenFile.open(target, .update), isKnownEmpty: true))
    }
    #expect(try error?.code == .targetUnusable && scene.bytes(of: "target").count == 100)
  }

  @Test func leavesNoFileWhenAChunkIsDamagedOrTheRestoreIsCancelled() throws {
    let cancellation = Cancellation()
    cancellation.cancel()
    #expect(throws: CancellationError.self) { try restore(to: .newFile(target), cancellation: cancellation) }
    #expect(!FileManager.default.fileExists(atPath: target.displayedPath))
    let pack = try #require(try scene.store().packNames().first)
    let path = "\(scene.repositoryDirectory)/sources/volume/pve/vm-1-disk-0/packs/\(pack.fileName)"
    let file = try OpenFile.open(PathBytes(path: path), .update)
    try file.write([1, 2, 3, 4, 5, 6, 7, 8][...], at: 200_000)
    let error = #expect(throws: RepositoryError.self) { try restore(to: .newFile(target)) }
    #expect(error?.code == .damaged)
    #expect(!FileManager.default.fileExists(atPath: target.displayedPath))
  }

  @Test(arguments: [true, false]) func streamsTheImage(toFile: Bool) async throws {
    let request = ImageRestore.Request(store: try scene.store(), point: point)
    let restore = ImageRestore(request, clock: SystemClock())
    #expect(try restore.length().bytes == volume.size)
    if toFile {
      let file = try OpenFile.open(target, .newFile(permissions: 0o600))
      try restore.stream(to: file, progress: RestoreProgress(), cancellation: Cancellation())
      #expect(try scene.bytes(of: "target") == volume.content)
      #expect(try file.status().allocatedBytes < volume.size)
      return
    }
    let (reading, writing) = try OpenFile.pipe()
    async let received = withWorkerThread { () -> [UInt8] in
      var bytes: [UInt8] = []
      while try reading.readNext(atMost: 1 << 16, appendingTo: &bytes) != 0 {}
      return bytes
    }
    try await withWorkerThread {
      try restore.stream(to: writing, progress: RestoreProgress(), cancellation: Cancellation())
      try writing.close()
    }
    #expect(try await received == volume.content)
  }
}
