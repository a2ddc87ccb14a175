import BackupArchive
import BackupModel
import BackupRepository
import HostSystem
import VolumeSnapshots

/// Looks at a difference and its base before anything is archived: whether blocks that it calls the same are the same, as far as they
/// are audited, and whether there is anything to do at all.
struct ImageExamination {
  /// Bytes that were read and compared.
  private(set) var auditedBytes: Int64 = 0
  /// How many blocks that the difference calls the same aren't.
  private(set) var differing = 0
  /// Where the first of them begin.
  private(set) var firstOffsets: [Int64] = []
  /// Whether the new image is the same as the base without any look at the volume.
  private(set) var isUnchanged = true

  /// Goes through the map and the base, and reads the blocks to audit.
  ///
  /// - Parameter audit: ranges of bytes to read although they are the same; rounded out to blocks.
  /// - Throws: `RepositoryError` if the base can't be read; ``EngineError`` `sourceUnreadable`; `CancellationError`.
  init(
    _ blocks: ImageBlocks, base: PreviousImage, audit: [Range<Int64>], source: any BlockReading, pacer: Pacer?,
    cancellation: Cancellation
  ) throws {
    var base = base
    // As a map: sorted, joined and within the volume.
    let wanted = BlockMap(size: blocks.map.size, audit.map { BlockMap.Range($0, .changed) })
    var audited = ImageBlocks(map: wanted, blockSize: blocks.blockSize).lazy.filter { $0.state == .changed }
      .makeIterator()
    var next = audited.next()
    isUnchanged = base.size == blocks.map.size
    for run in blocks {
      try cancellation.check()
      switch run.state {
      case .changed: isUnchanged = false
      case .unmapped:
        if isUnchanged, try !isHole(run.bytes, in: &base) { isUnchanged = false }
      case .same:
        while let range = next?.bytes, range.lowerBound < run.bytes.upperBound {
          let part = range.clamped(to: run.bytes)
          try compare(part, blocks.blockSize, &base, source, pacer, cancellation)
          guard range.upperBound <= run.bytes.upperBound else { break }
          next = audited.next()
        }
      }
    }
  }

  private func isHole(_ range: Range<Int64>, in base: inout PreviousImage) throws -> Bool {
    var position = range.lowerBound
    while position < range.upperBound, let before = try base.extent(at: position) {
      if before.extent.chunk != nil { return false }
      position = before.offset + before.extent.length
    }
    return true
  }

  private mutating func compare(
    _ range: Range<Int64>, _ blockSize: Int64, _ base: inout PreviousImage, _ source: any BlockReading, _ pacer: Pacer?,
    _ cancellation: Cancellation
  ) throws {
    var content: [UInt8] = []
    var position = range.lowerBound
    while position < range.upperBound {
      try cancellation.check()
      let length = min(blockSize, range.upperBound - position)
      content.removeAll(keepingCapacity: true)
      try source.readFully(at: position, count: Int(length), appendingTo: &content)
      pacer?.didRead(content.count)
      auditedBytes += length
      if try !isSame(content, at: position, in: &base) {
        differing += 1
        if firstOffsets.count < ImageExtents.Findings.mostOffsets { firstOffsets.append(position) }
      }
      position += length
    }
  }

  private func isSame(_ content: [UInt8], at position: Int64, in base: inout PreviousImage) throws -> Bool {
    guard let before = try base.extent(at: position) else { return false }
    guard let chunk = before.extent.chunk else {
      return before.offset + before.extent.length >= position + Int64(content.count) && isZero(content[...])
    }
    return before.offset == position && ChunkID(of: content) == chunk
  }
}
