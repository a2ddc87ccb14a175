import BackupModel
import BackupRepository
import Foundation
import HostSystem
import TestSupport
import Testing
import VolumeSnapshots

@testable import BackupEngine

/// What stock tools, the rescue program and the other verbs make of an image.
@Suite struct ImageToolTests {
  private let packs = "repository/sources/volume/pve/vm-1-disk-0/packs"

  @Test(arguments: ["tar --zstd -xf", "bsdtar -xf"])
  func aToolExtractsTheFirstPackToTheSparseImage(tool: String) throws {
    let scene = try ImageScene()
    var volume = ImageSample(seed: 41, chunks: 40)
    try scene.write(volume.content)
    let first = try scene.archive(volume.map)
    let before = volume.content
    let difference = volume.change(5)
    try scene.write(volume.content)
    _ = try scene.archive(difference) { $0.base = first.id }
    // All packs, in order: those of later points never touch the file.
    _ = try scene.tool("mkdir out; for p in $PWD/\(packs)/*; do (cd out; \(tool) $p); done")
    #expect(try scene.bytes(of: "out/volume.img") == before)
    let allocated = try #require(Int64(try scene.tool("stat -c %b out/volume.img").trimmingCharacters(in: .newlines)))
    #expect(allocated * 512 <= volume.map.size * 3 / 4, "sparse")
  }

  @Test func theRescueProgramGivesEachPointBack() throws {
    let scene = try ImageScene()
    var volume = ImageSample(seed: 42, chunks: 40)
    try scene.write(volume.content)
    let first = try scene.archive(volume.map)
    let before = volume.content
    let difference = volume.change(8)
    try scene.write(volume.content)
    let second = try scene.archive(difference) { $0.base = first.id }
    for (point, expected) in [(first, before), (second, volume.content)] {
      _ = try scene.tool("python3 repository/rescue.py restore pve/vm-1-disk-0@\(point.id) --to r-\(point.id)")
      #expect(try scene.bytes(of: "r-\(point.id)/volume.img") == expected)
      _ = try scene.tool("python3 repository/rescue.py cat volume/pve/vm-1-disk-0@\(point.id) volume.img > cat")
      #expect(try scene.bytes(of: "cat") == expected)
    }
    #expect(try scene.tool("python3 repository/rescue.py check").hasPrefix("volume/pve/vm-1-disk-0: 2 points"))
  }

  @Test func partsOfALargeFirstImageAreLaidOverOneAnotherWithStockTools() throws {
    let scene = try ImageScene()
    var volume = ImageSample(seed: 43, chunks: 40)
    // A block that comes twice is in the parts twice, so that they are whole without the index.
    volume.repeatBlock(from: 0, to: 20)
    try scene.write(volume.content)
    let point = try scene.archive(volume.map) { $0.mostBytesInOneMember = .zero }
    #expect(try scene.store().packNames().filter { $0.point == point.id }.count > 2)
    _ = try scene.tool(
      """
      for p in \(packs)/*; do tar --zstd -xf "$p"; done
      for f in .backupctl/parts/volume.img/*; do dd if="$f" of=volume.img bs=64K conv=notrunc,sparse status=none; done
      truncate -r "$f" volume.img
      """)
    #expect(try scene.bytes(of: "volume.img") == volume.content)
    #expect(try scene.content(point) == volume.content)
  }

  @Test func closesTheSmallestGapsWhenTheMapHasTooManyRanges() {
    let ranges = [0..<4, 8..<12, 13..<16, 30..<31, 33..<34].map { range in
      BlockMap.Range(Int64(range.lowerBound) << 14..<Int64(range.upperBound) << 14, .changed)
    }
    let blocks = ImageBlocks(map: BlockMap(size: 40 << 14, ranges), blockSize: 1 << 14)
    func found(_ most: Int) -> [Range<Int64>] {
      SparseRanges(blocks, most: most).ranges.map { $0.lowerBound >> 14..<$0.upperBound >> 14 }
    }
    #expect(found(5) == [0..<4, 8..<12, 13..<16, 30..<31, 33..<34])
    #expect(found(4) == [0..<4, 8..<16, 30..<31, 33..<34])
    #expect(found(2) == [0..<16, 30..<34])
    #expect(found(1) == [0..<34])
  }

  @Test(arguments: [(0, 64), (64, 64), (128, 128), (192, 64), (512, 512), (1024, 1024), (65_536, 1024), (320, 64)])
  func aBlockNeverReachesBeyondAChunkOfThePool(chunk: Int, block: Int) {
    #expect(ImageArchive.defaultBlockSize(poolChunk: .kibibytes(chunk)) == .kibibytes(block))
  }

  @Test func restoresAndComparesAsATreeOfOneFile() throws {
    let scene = try ImageScene()
    let volume = ImageSample(seed: 44, chunks: 20)
    try scene.write(volume.content)
    let point = try scene.archive(volume.map)
    var request = TreeRestore.Request(
      store: try scene.store(), point: point, target: PathBytes(path: scene.directory + "/restored"))
    request.verify = true
    let report = try TreeRestore(request, clock: SystemClock())
      .run(progress: RestoreProgress(), cancellation: Cancellation())
    #expect(try report.isComplete && scene.bytes(of: "restored/volume.img") == volume.content)
  }

  @Test func thePointKeepsWhatTheVolumeWas() throws {
    let scene = try ImageScene()
    let volume = ImageSample(seed: 45, chunks: 4)
    try scene.write(volume.content)
    let identity = SnapshotIdentity(
      name: try #require(VolumeName(parsing: "pve/vm-1-disk-0_snap")), uuid: "u", thinID: 3, transaction: 4,
      creationTime: 5, created: 6, originUUID: "o", originThinID: 7, groupUUID: "g", groupSequence: 8, poolUUID: "p",
      pool: "data", size: volume.size, chunkSize: 65_536)
    let point = try scene.archive(volume.map) {
      $0.point.volume?.snapshot = RecoveryPoint.Volume.Snapshot(identity)
      $0.point.volume?.claim = RecoveryPoint.Volume.Claim(namespace: "media", name: "films")
      $0.point.volume?.encryption = .closed
    }
    let stored = try scene.store().point(point.id)
    #expect(stored == point && stored.volume?.snapshotIdentity == identity)
    #expect(stored.volume?.claim?.namespace == "media" && stored.volume?.encryption == .closed)
  }
}
