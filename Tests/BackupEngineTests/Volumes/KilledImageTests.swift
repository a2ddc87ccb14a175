import BackupModel
import BackupRepository
import Foundation
import HostSystem
import TestSupport
import Testing
import VolumeSnapshots

@testable import BackupEngine

/// Ends the world at every operation of an archive of an image, and looks at what is left.
@Suite struct KilledImageTests {
  private let scene: ImageScene
  private let kept: String

  init() throws {
    scene = try ImageScene()
    kept = scene.directory + "/kept"
  }

  /// - Parameter isWhole: whether a first image becomes one member.
  private func endAtEachOperation(
    _ ending: FaultyStorage.Ending, _ volume: ImageSample, _ map: BlockMap, base: RecoveryPointID?, isWhole: Bool,
    older: (RecoveryPoint, [UInt8])?
  ) throws -> Int {
    let change = { (request: inout ImageArchive.Request) in
      request.base = base
      if !isWhole { request.mostBytesInOneMember = .zero }
    }
    try FileManager.default.copyItem(atPath: scene.repositoryDirectory, toPath: kept)
    var operation = 0
    var continued = 0
    while true {
      operation += 1
      try FileManager.default.removeItem(atPath: scene.repositoryDirectory)
      try FileManager.default.copyItem(atPath: kept, toPath: scene.repositoryDirectory)
      let storage = try FaultyStorage(
        URL(fileURLWithPath: scene.repositoryDirectory), stopAt: operation, ending: ending)
      do {
        let point = try scene.archive(map, storage: storage, change)
        #expect(try scene.content(point) == volume.content)
        break
      } catch is WorldStopped {
        try storage.settle()
      }
      for id in try scene.store().pointIDs() {
        let point = try scene.store().point(id)
        let expected = id == older?.0.id ? older?.1 : volume.content
        #expect(try scene.content(point) == expected, "operation \(operation)")
      }
      let isAbsent = try scene.store().pointIDs().count == (older == nil ? 0 : 1)
      let sealed = try scene.store().packBytes().bytes
      let next = try scene.archive(map, change)
      #expect(try scene.content(next) == volume.content, "operation \(operation)")
      #expect(next.state == .complete && next.isGood)
      #expect(try scene.leftovers().isEmpty, "operation \(operation)")
      if isAbsent, sealed > 100_000, next.statistics.newBytes + sealed * 9 / 10 <= next.statistics.bytes {
        continued += 1
      }
    }
    #expect(try scene.damage().isEmpty)
    #expect(operation > 10)
    return continued
  }

  @Test(.timeLimit(.minutes(20)), arguments: FaultyStorage.Ending.allCases)
  func firstImageInPartsGoesOnFromWhatWasSealed(ending: FaultyStorage.Ending) throws {
    let volume = ImageSample(seed: 31, chunks: 16)
    try scene.write(volume.content)
    let continued = try endAtEachOperation(
      ending, volume, volume.map, base: nil, isWhole: false, older: nil)
    #expect(continued > 0)
  }

  @Test(.timeLimit(.minutes(20)), arguments: FaultyStorage.Ending.allCases)
  func firstImageInOneMemberLeavesNoHalfPoint(ending: FaultyStorage.Ending) throws {
    let volume = ImageSample(seed: 32, chunks: 8)
    try scene.write(volume.content)
    _ = try endAtEachOperation(ending, volume, volume.map, base: nil, isWhole: true, older: nil)
  }

  @Test(.timeLimit(.minutes(20)), arguments: FaultyStorage.Ending.allCases)
  func laterImageLeavesTheOlderPointWhole(ending: FaultyStorage.Ending) throws {
    var volume = ImageSample(seed: 33, chunks: 12)
    try scene.write(volume.content)
    let first = try scene.archive(volume.map)
    let before = volume.content
    let difference = volume.change(6)
    try scene.write(volume.content)
    _ = try endAtEachOperation(
      ending, volume, difference, base: first.id, isWhole: true, older: (first, before))
  }

  @Test(arguments: [true, false]) func goesOnAfterACancellation(isWhole: Bool) throws {
    var random = SeededRandom(seed: 34)
    let content = random.bytes(5 << 20)
    try scene.write(content)
    let cancellation = Cancellation()
    let reader = try scene.counter()
    reader.cancel(cancellation, after: 2)
    #expect(throws: CancellationError.self) {
      try scene.archive(.allChanged(size: 5 << 20), reader: reader, cancellation: cancellation) {
        if !isWhole { $0.mostBytesInOneMember = .zero }
      }
    }
    #expect(try scene.store().pointIDs().isEmpty)
    let sealed = try scene.store().packBytes().bytes
    let point = try scene.archive(.allChanged(size: 5 << 20))
    #expect(try scene.content(point) == content)
    #expect(point.statistics.newBytes <= Int64(5 << 20) - sealed * 9 / 10)
    #expect(try scene.damage().isEmpty && scene.leftovers().isEmpty)
    let rescued = try scene.tool("python3 repository/rescue.py restore pve/vm-1-disk-0@\(point.id) --to rescued")
    #expect(try !rescued.isEmpty && scene.bytes(of: "rescued/volume.img") == content)
  }
}
