import BackupModel
import BackupRepository
import Foundation
import HostSystem
import TestSupport
import Testing
import VolumeSnapshots

@testable import BackupEngine

@Suite struct ImageArchiveTests {
  @Test(arguments: UInt64(1)...6)
  func storesTheVolumeByteExactAndReadsOnlyWhatTheMapCallsChanged(seed: UInt64) throws {
    let scene = try ImageScene()
    var volume = ImageSample(seed: seed, chunks: 24, tail: seed.isMultiple(of: 3) ? 5000 : 0)
    try scene.write(volume.content)
    let reader = try scene.counter()
    var point = try scene.archive(volume.map, reader: reader)
    #expect(reader.ranges.filter { $0.state == .changed } == volume.map.ranges.filter { $0.state == .changed })
    #expect(point.volume?.read == .mapped && point.consistency == .crash && point.state == .complete)
    #expect(try scene.content(point) == volume.content)
    for _ in 0..<4 {
      // The size of a volume that is resized is a multiple of its pool's chunks.
      let difference = volume.change(6, resizes: !seed.isMultiple(of: 3))
      try scene.write(volume.content)
      let reader = try scene.counter()
      let next = try scene.archive(difference, reader: reader) { $0.base = point.id }
      #expect(try scene.content(next) == volume.content)
      #expect(next.volume?.read == .changed && next.volume?.base == point.id && next.volume?.reason == nil)
      #expect(reader.ranges.filter { $0.state == .changed } == difference.ranges.filter { $0.state == .changed })
      #expect(next.statistics.readBytes == difference.bytes(.changed))
      #expect(next.statistics.bytes == (try scene.entry(next)).dataBytes)
      point = next
    }
    #expect(try scene.damage().isEmpty)
    #expect(try scene.leftovers().isEmpty)
  }

  @Test func leavesHolesForUnmappedBlocksAndForBlocksOfZeros() throws {
    let scene = try ImageScene()
    let block = Int(ImageScene.block)
    var random = SeededRandom(seed: 3)
    try scene.write(
      random.bytes(block) + [UInt8](repeating: 0, count: 2 * block) + random.bytes(block)
        + [UInt8](repeating: 0, count: 4 * block))
    let map = BlockMap(size: Int64(8 * block), [BlockMap.Range(0..<Int64(5 * block), .changed)])
    let point = try scene.archive(map)
    #expect(
      try scene.entry(point).extents.map { $0.chunk == nil ? -$0.length : $0.length }
        == [1, -2, 1, -4].map { $0 * ImageScene.block })
    #expect(point.statistics.newChunks == 2 && point.statistics.readBytes == Int64(5 * block))
  }

  @Test func readsNothingAndKeepsTheIndexWhenNothingChanged() throws {
    let scene = try ImageScene()
    var volume = ImageSample(seed: 5, chunks: 24)
    try scene.write(volume.content)
    let first = try scene.archive(volume.map)
    let packs = try scene.store().packNames()
    let difference = volume.change(0)
    let reader = try scene.counter()
    let second = try scene.archive(difference, reader: reader) { $0.base = first.id }
    #expect(reader.bytes == 0)
    #expect(second.index == first.index)
    #expect(try scene.store().packNames() == packs)
    #expect(second.statistics.storedBytes == 0 && second.statistics.bytes == first.statistics.bytes)
    #expect(second.statistics.entries == 2 && second.isGood && second.state == .complete)
    #expect(try scene.content(second) == volume.content)
  }

  @Test func makesAHoleOfWhatWasDiscardedWithoutReading() throws {
    let scene = try ImageScene()
    var random = SeededRandom(seed: 8)
    var content = random.bytes(8 << 16)
    try scene.write(content)
    let first = try scene.archive(.allChanged(size: 8 << 16))
    content.replaceSubrange(2 << 16..<4 << 16, with: [UInt8](repeating: 0, count: 2 << 16))
    try scene.write(content)
    let map = BlockMap(
      size: 8 << 16, [BlockMap.Range(0..<2 << 16, .same), BlockMap.Range(4 << 16..<8 << 16, .same)])
    let reader = try scene.counter()
    let second = try scene.archive(map, reader: reader) { $0.base = first.id }
    #expect(reader.bytes == 0 && second.index != first.index)
    #expect(try scene.content(second) == content)
  }

  @Test func roundsChangedRangesOutToBlocks() throws {
    let scene = try ImageScene()
    var random = SeededRandom(seed: 9)
    var content = random.bytes(1 << 20)
    try scene.write(content)
    let first = try scene.archive(.allChanged(size: 1 << 20))
    for offset in 99_000..<101_000 { content[offset] &+= 1 }
    try scene.write(content)
    let map = BlockMap(
      size: 1 << 20, [BlockMap.Range(0..<1 << 20, .same), BlockMap.Range(99_000..<101_000, .changed)])
    let reader = try scene.counter()
    let second = try scene.archive(map, reader: reader) { $0.base = first.id }
    #expect(reader.ranges.last?.bytes == 98_304..<114_688)
    #expect(try scene.content(second) == content)
    #expect(second.statistics.newChunks == 1)
  }

  // MARK: - Differences that can't be used

  @Test func readsAllThatIsMappedWhenTheBaseIsNotTheNewestPoint() throws {
    let scene = try ImageScene()
    var volume = ImageSample(seed: 11, chunks: 20)
    try scene.write(volume.content)
    let first = try scene.archive(volume.map)
    _ = volume.change(4, resizes: false)
    try scene.write(volume.content)
    let second = try scene.archive(volume.map)
    #expect(second.volume?.read == .full)
    #expect(second.volume?.reason == "there is no difference to the point \(first.id)")
    let difference = volume.change(4, resizes: false)
    try scene.write(volume.content)
    let third = try scene.archive(difference) { $0.base = first.id }
    #expect(third.volume?.read == .full && third.volume?.base == nil)
    #expect(
      third.volume?.reason == "the difference is to the point \(first.id), and the newest good one is \(second.id)")
    #expect(try scene.content(third) == volume.content)
    #expect(third.state == .complete)
  }

  @Test func readsAllThatIsMappedWhenTheBlockSizeIsAnother() throws {
    let scene = try ImageScene()
    var volume = ImageSample(seed: 12, chunks: 20)
    try scene.write(volume.content)
    let first = try scene.archive(volume.map)
    let difference = volume.change(4)
    try scene.write(volume.content)
    let second = try scene.archive(difference) {
      $0.base = first.id
      $0.blockSize = .kibibytes(64)
    }
    #expect(second.volume?.reason == "the blocks of the point \(first.id) have 16 KiB, not 64 KiB")
    #expect(second.volume?.blockSize == 64 << 10)
    #expect(try scene.content(second) == volume.content)
  }

  @Test func readsAllThatIsMappedWhenTheVolumeIsOpenedNow() throws {
    let scene = try ImageScene()
    var volume = ImageSample(seed: 13, chunks: 20)
    try scene.write(volume.content)
    let first = try scene.archive(volume.map) { $0.point.volume?.encryption = .closed }
    let second = try scene.archive(volume.change(1)) {
      $0.base = first.id
      $0.point.volume?.encryption = .opened
    }
    #expect(second.volume?.reason == "the point \(first.id) holds the volume closed, not opened")
  }

  @Test(arguments: [1, 16_383, 65_535]) func findsAWrongDifferenceWithAnAuditAndReadsAll(distance: Int) throws {
    let scene = try ImageScene()
    var volume = ImageSample(seed: 14, chunks: 40)
    try scene.write(volume.content)
    let first = try scene.archive(volume.map)
    let difference = volume.change(3, resizes: false)
    let same = difference.ranges.filter { $0.state == .same }
    let audited = try #require(same.first), secret = try #require(same.last)
    volume.changeSecretly(at: Int(audited.bytes.lowerBound) + distance)
    volume.changeSecretly(at: Int(secret.bytes.lowerBound))
    try scene.write(volume.content)
    let block = audited.bytes.lowerBound + Int64(distance) / ImageScene.block * ImageScene.block
    let second = try scene.archive(difference) {
      $0.base = first.id
      $0.audit = [block + 5..<block + 6]
    }
    #expect(second.volume?.read == .full && second.volume?.audit?.differing == 2)
    #expect(second.volume?.reason == "the audit found blocks that the difference wrongly calls the same")
    #expect(second.state == .warnings && second.warningCount == 2)
    #expect(second.warnings.first?.problem.contains("at byte \(block)") == true)
    #expect(second.warnings.last?.problem.contains("at byte \(block), \(secret.bytes.lowerBound)") == true)
    #expect(try scene.content(second) == volume.content)
  }

  @Test func readsOnlyTheAuditedBlocksBesideTheChangedOnesWhenTheDifferenceIsRight() throws {
    let scene = try ImageScene()
    var volume = ImageSample(seed: 15, chunks: 40)
    try scene.write(volume.content)
    let first = try scene.archive(volume.map)
    let difference = volume.change(3, resizes: false)
    try scene.write(volume.content)
    let same = difference.ranges.filter { $0.state == .same }.map(\.bytes)
    let reader = try scene.counter()
    let second = try scene.archive(difference, reader: reader) {
      $0.base = first.id
      $0.audit = same.reversed().map { $0.lowerBound..<$0.lowerBound + 1 } + [Int64.max - 1..<Int64.max]
    }
    #expect(second.volume?.audit == RecoveryPoint.Volume.Audit(bytes: Int64(same.count) << 14, differing: 0))
    #expect(reader.bytes == difference.bytes(.changed) + Int64(same.count) << 14)
    #expect(second.statistics.readBytes == reader.bytes)
    #expect(second.volume?.read == .changed && second.state == .complete)
    #expect(try scene.content(second) == volume.content)
  }

  @Test func findsAWrongDifferenceWhenItComparesInFull() throws {
    let scene = try ImageScene()
    var volume = ImageSample(seed: 16, chunks: 40)
    try scene.write(volume.content)
    let first = try scene.archive(volume.map)
    let difference = volume.change(3, resizes: false)
    let secret = try #require(difference.ranges.last { $0.state == .same }).bytes.lowerBound
    volume.changeSecretly(at: Int(secret))
    try scene.write(volume.content)
    let second = try scene.archive(difference) {
      $0.base = first.id
      $0.fullReason = "every 20th point compares everything"
    }
    #expect(second.volume?.read == .full && second.volume?.reason == "every 20th point compares everything")
    #expect(
      second.volume?.audit == RecoveryPoint.Volume.Audit(bytes: difference.bytes(.same), differing: 1))
    #expect(second.warnings.map(\.problem).first?.contains("at byte \(secret)") == true)
    #expect(try scene.content(second) == volume.content)
  }

  // MARK: - Sources and stores that fail

  @Test func failsNamingTheOffsetWhenTheDeviceCannotBeRead() throws {
    let scene = try ImageScene()
    var random = SeededRandom(seed: 17)
    try scene.write(random.bytes(1 << 20))
    let reader = try scene.counter()
    reader.fail(at: 700_000)
    let error = #expect(throws: EngineError.self) {
      try scene.archive(.allChanged(size: 1 << 20), reader: reader)
    }
    #expect(error?.code == .sourceUnreadable)
    #expect(error?.message.hasPrefix("cannot read \(scene.device) at byte ") == true)
    #expect(try scene.store().pointIDs().isEmpty)
  }

  @Test func refusesADeviceOfAnotherSizeThanItsMap() throws {
    let scene = try ImageScene()
    try scene.write([UInt8](repeating: 1, count: 100_000))
    let error = #expect(throws: EngineError.self) { try scene.archive(.allChanged(size: 100_001)) }
    #expect(error?.code == .sourceUnreadable && error?.message.contains("100000 bytes, its map 100001") == true)
  }

  @Test(arguments: [0, 8192, 16_385, 8 << 20]) func refusesABlockSizeThatCannotBeUsed(size: Int64) throws {
    let scene = try ImageScene()
    try scene.write([UInt8](repeating: 1, count: 100_000))
    let error = #expect(throws: EngineError.self) {
      try scene.archive(.allChanged(size: 100_000)) { $0.blockSize = ByteCount(size) }
    }
    #expect(error?.code == .badSpecification)
  }

  @Test func readsAgainWhatADamagedPackHeld() throws {
    let scene = try ImageScene()
    var volume = ImageSample(seed: 18, chunks: 40)
    try scene.write(volume.content)
    let first = try scene.archive(volume.map)
    let difference = volume.change(4, resizes: false)
    try scene.write(volume.content)
    let second = try scene.archive(difference) { $0.base = first.id }
    let lost = try #require(try scene.store().packNames().first)
    try FileManager.default.removeItem(
      atPath: "\(scene.repositoryDirectory)/sources/volume/pve/vm-1-disk-0/packs/\(lost.fileName)")
    let third = try scene.archive(volume.change(0)) { $0.base = second.id }
    #expect(try scene.content(third) == volume.content)
  }

  @Test func doubtsAVolumeThatCollapsed() throws {
    let scene = try ImageScene()
    var random = SeededRandom(seed: 19)
    let content = random.bytes(1 << 20)
    try scene.write(content)
    let first = try scene.archive(.allChanged(size: 1 << 20))
    try scene.write(Array(content.prefix(400_000)) + [UInt8](repeating: 0, count: (1 << 20) - 400_000))
    let second = try scene.archive(.allChanged(size: 1 << 20)) { $0.base = first.id }
    #expect(second.suspicious == ["it has 409600 bytes that aren't zeros, the point before had 1048576"])
    let empty = try ImageScene()
    try empty.write([UInt8](repeating: 0, count: 1 << 20))
    #expect(try empty.archive(BlockMap(size: 1 << 20, [])).isGood, "a volume that was never used")
  }
}
