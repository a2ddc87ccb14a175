import BackupArchive
import BackupModel
import HostSystem

/// Finds what is whole in a pack whose tables can't be used, and copies it into packs with right ones.
///
/// Frames prove themselves by their checksums. Which chunks they hold isn't written in them: members are found in the tar stream, and
/// their data are cut as the writer cut them, by content or by blocks, so that each chunk gets the id that it had. A cut that no writer
/// made costs a line in the new table and nothing else, since chunks are found by the hash of what they hold.
struct PackSalvage {
  /// What was found in a pack.
  struct Finding {
    let pack: PackName
    fileprivate var frames: [Frame] = []
    fileprivate var runs: [CopiedRun] = []
    /// Whole frames with data.
    var frameCount: Int { frames.count }
    /// Bytes in which no whole frame was found.
    fileprivate(set) var lostBytes: Int64 = 0
    /// Whether the end of the tar stream was found, with no gap before it: then nothing is lost.
    fileprivate(set) var isWhole = false

    /// The frames of a run that hold a chunk that is wanted; nil if none does.
    fileprivate func part(of run: CopiedRun, with wanted: Set<ChunkID>?) -> CopiedRun? {
      guard let wanted else { return run }
      let part = run.frames.filter { frames[$0.number].chunks.contains { wanted.contains($0.id) } }
      guard !part.isEmpty else { return nil }
      return CopiedRun(pack: run.pack, isWhole: run.isWhole && part.count == run.frames.count, frames: part)
    }
  }

  fileprivate struct Frame {
    let offset: Int64
    let size: Int
    let contentSize: Int
    let chunks: [FrameChunk]
  }

  private let store: SourceStore
  private let chunkers: [Chunker]
  private let blockSizes: [Int]

  /// Prepares to salvage.
  ///
  /// - Parameter blockSizes: the blocks by which images may have been cut.
  init(_ store: SourceStore, blockSizes: [Int64]) {
    self.store = store
    // Each average that a configuration can have: it may have been another one when the pack was written.
    chunkers = (16...24).map { Chunker(average: ByteCount(1 << $0)) }
    self.blockSizes = blockSizes.map(Int.init)
  }

  private func open(_ pack: PackName) throws -> OpenFile {
    try store.storage.open("\(store.packsPath)/\(pack.fileName)")
  }

  /// Reads a pack from its beginning.
  ///
  /// - Throws: ``RepositoryError`` `readFailed`; `CancellationError`.
  func examine(_ pack: PackName, _ cancellation: Cancellation) throws -> Finding {
    var finding = Finding(pack: pack)
    var tar = TarScan()
    var run: (frames: [Int], isWhole: Bool) = ([], true)
    var hasGap = false
    func endRun(isWhole: Bool) {
      if !run.frames.isEmpty {
        finding.runs.append(
          CopiedRun(
            pack: pack, isWhole: run.isWhole && isWhole,
            frames: run.frames.map { CopiedRun.Frame(number: $0, contentSize: finding.frames[$0].contentSize) }))
      }
      run = ([], true)
    }
    do {
      try FrameScan(open(pack)).forEach { piece in
        try cancellation.check()
        switch piece {
        case .gap(let range):
          endRun(isWhole: false)
          run.isWhole = false
          tar.skip()
          hasGap = true
          finding.lostBytes += range.upperBound - range.lowerBound
        case .frame(let frame):
          let found = tar.next(frame.content)
          if found.isClosing {
            finding.isWhole = !hasGap
            return
          }
          if found.beginsMember { endRun(isWhole: true) }
          run.frames.append(finding.frames.count)
          finding.frames.append(
            Frame(
              offset: frame.offset, size: frame.bytes.count, contentSize: frame.content.count,
              chunks: found.regions.flatMap { chunks(in: frame.content, $0) }))
          if found.endsMember { endRun(isWhole: true) }
        }
      }
    } catch let error as SystemError {
      throw RepositoryError.reading("pack \(pack) of \(store.source)", error)
    }
    endRun(isWhole: false)
    return finding
  }

  /// Copies what was found.
  ///
  /// - Parameter wanted: only frames that hold one of these chunks; nil for all.
  /// - Throws: ``RepositoryError`` `writeFailed`, `readFailed`.
  func copy(_ finding: Finding, with wanted: Set<ChunkID>? = nil, to copy: PackCopy) throws {
    let file = try open(finding.pack)
    do {
      for run in finding.runs.compactMap({ finding.part(of: $0, with: wanted) }) {
        try copy.append(run) { number, beginsMember in
          let frame = finding.frames[number]
          return EncodedFrame(
            bytes: try file.contents(at: frame.offset, count: frame.size), contentSize: frame.contentSize,
            chunks: frame.chunks, beginsMember: beginsMember)
        }
      }
    } catch let error as SystemError {
      throw RepositoryError.reading("pack \(finding.pack) of \(store.source)", error)
    }
  }

  // MARK: - Cutting

  private static let singleChunkPrefixes = [".backupctl/index/", ".backupctl/repaired/"].map { Array($0.utf8) }
  private static let imageEnding = Array("volume.img".utf8)
  private static let partsPrefix = Array(".backupctl/parts/volume.img/".utf8)

  private func chunks(in content: [UInt8], _ region: TarScan.Region) -> [FrameChunk] {
    guard !region.bytes.isEmpty else { return [] }
    if Self.singleChunkPrefixes.contains(where: { region.path.starts(with: $0) }) {
      return [chunk(content, region.bytes)]
    }
    var cuts: Set<Range<Int>> = []
    let mayBeImage = store.source.kind == .volume && !blockSizes.isEmpty
    let isImage = mayBeImage && (region.path == Self.imageEnding || region.path.starts(with: Self.partsPrefix))
    if isImage || (mayBeImage && !region.isExact) {
      for size in blockSizes { cuts.formUnion(blocks(region, size)) }
    }
    if !isImage {
      for chunker in chunkers { cuts.formUnion(contentCuts(content, region, chunker)) }
    }
    var chunks = cuts.map { chunk(content, $0) }
    if !region.isExact, !isImage { chunks += untilPadding(content, cuts, region) }
    return chunks
  }

  private func chunk(_ content: [UInt8], _ bytes: Range<Int>) -> FrameChunk {
    FrameChunk(id: ChunkID(of: content[bytes]), offset: bytes.lowerBound, length: bytes.count)
  }

  /// Cuts at multiples of a block size in the member's file.
  private func blocks(_ region: TarScan.Region, _ size: Int) -> [Range<Int>] {
    var cuts: [Range<Int>] = []
    var start = region.bytes.lowerBound
    var offset = region.fileOffset
    while start < region.bytes.upperBound {
      let length = min(size - Int(offset % Int64(size)), region.bytes.upperBound - start)
      cuts.append(start..<start + length)
      start += length
      offset += Int64(length)
    }
    return cuts
  }

  private func contentCuts(_ content: [UInt8], _ region: TarScan.Region, _ chunker: Chunker) -> [Range<Int>] {
    var cuts: [Range<Int>] = []
    var start = region.bytes.lowerBound
    while start < region.bytes.upperBound {
      let length = chunker.firstChunkLength(in: content, from: start, to: region.bytes.upperBound)
      cuts.append(start..<start + length)
      start += length
    }
    return cuts
  }

  /// The last chunk of what may be followed by the zeros that fill a member's last block: one for each number of them.
  private func untilPadding(_ content: [UInt8], _ cuts: Set<Range<Int>>, _ region: TarScan.Region) -> [FrameChunk] {
    cuts.filter { $0.upperBound == region.bytes.upperBound }.flatMap { last -> [FrameChunk] in
      let zeros = content[last].suffix(511).reversed().prefix { $0 == 0 }.count
      let most = min(zeros, last.count - 1)
      return ChunkID.trimming(content[last], most: most).enumerated().dropFirst()
        .map { FrameChunk(id: $0.element, offset: last.lowerBound, length: last.count - $0.offset) }
    }
  }
}
