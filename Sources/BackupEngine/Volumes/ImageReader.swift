import BackupArchive
import BackupModel
import BackupRepository
import HostSystem
import VolumeSnapshots

/// Reads the blocks of an image that are to be read, takes over those of the base, and hands all on in slices.
///
/// Holds at most one slice. Runs on a thread of its own: the order of reading is the order on disk.
struct ImageReader {
  /// How the image is made up.
  struct Plan {
    var blocks: ImageBlocks
    var layout: SliceLayout
    /// Gaps between mapped ranges up to this length are stored as the zeros that they read as.
    var closedGap: Int64 = 0
    /// The base of the blocks that are the same; nil to read them too.
    var base: PreviousIndex?
  }

  let source: any BlockReading
  let context: ArchiveContext
  let submit: (ArchiveWork) throws -> Void
  let cancellation: Cancellation

  private static let readBytes: Int64 = 1 << 20
  private static let mostPieces = 4096

  /// Reads the image.
  ///
  /// - Throws: ``EngineError`` `sourceUnreadable` naming the offset; `RepositoryError` if the base can't be read;
  ///   `CancellationError`; what `submit` throws.
  func read(_ entry: IndexEntry, _ plan: Plan) throws {
    var slices = FileSlices(
      entry: entry, layout: plan.layout, context: context, mayEndPack: true, zerosAreHoles: true)
    var base = try plan.base.map(PreviousImage.init)
    var wasMapped = false
    for run in plan.blocks {
      switch run.state {
      case .unmapped:
        // Before the first and behind the last mapped range nothing is closed.
        let isInside = wasMapped && run.bytes.upperBound < plan.blocks.map.size
        if isInside, run.length <= plan.closedGap {
          try fill(run.bytes, plan.blocks.blockSize, &slices)
        } else {
          slices.skip(to: run.bytes.upperBound)
        }
      case .changed:
        try readBlocks(run.bytes, plan.blocks.blockSize, &slices)
        wasMapped = true
      case .same:
        if base == nil {
          try readBlocks(run.bytes, plan.blocks.blockSize, &slices)
        } else {
          try takeOver(run.bytes, plan.blocks.blockSize, from: &base, &slices)
        }
        wasMapped = true
      }
    }
    for work in slices.finish(.finished(entry), problems: []) { try submit(.slice(work)) }
  }

  private func readBlocks(_ range: Range<Int64>, _ blockSize: Int64, _ slices: inout FileSlices) throws {
    let most = max(Self.readBytes, blockSize)
    var position = range.lowerBound
    while position < range.upperBound {
      try cancellation.check()
      let count = min(most, range.upperBound - position)
      try source.readFully(at: position, count: Int(count), appendingTo: &slices.content)
      context.pacer?.didRead(Int(count))
      try appendBlocks(count, blockSize, &slices) { slices, length in slices.appendChunk(length: length) }
      position += count
    }
  }

  /// Stands in for unmapped blocks that a sparse file's map counts as data.
  private func fill(_ range: Range<Int64>, _ blockSize: Int64, _ slices: inout FileSlices) throws {
    var rest = range.upperBound - range.lowerBound
    while rest > 0 {
      try cancellation.check()
      let count = min(rest, max(Self.readBytes, blockSize))
      slices.content += [UInt8](repeating: 0, count: Int(count))
      try appendBlocks(count, blockSize, &slices) { slices, length in slices.appendUnreadZeros(length: length) }
      rest -= count
    }
  }

  private func appendBlocks(
    _ count: Int64, _ blockSize: Int64, _ slices: inout FileSlices, _ append: (inout FileSlices, Int) -> Void
  ) throws {
    var rest = count
    while rest > 0 {
      let length = min(rest, blockSize)
      append(&slices, Int(length))
      rest -= length
    }
    if slices.dataBytes >= context.parameters.frameSize.bytes || slices.pieceCount >= Self.mostPieces {
      try submit(.slice(slices.take()))
    }
  }

  /// Takes extents of the base over; what isn't there block for block, or not to be had any more, is read.
  private func takeOver(
    _ range: Range<Int64>, _ blockSize: Int64, from base: inout PreviousImage?, _ slices: inout FileSlices
  ) throws {
    var position = range.lowerBound
    while position < range.upperBound {
      let block = position..<min(position + blockSize, range.upperBound)
      let before = try base?.extent(at: position)
      if let before, before.extent.chunk == nil {
        let end = min(before.offset + before.extent.length, range.upperBound)
        let whole = end == range.upperBound ? end : end / blockSize * blockSize
        if whole > position {
          slices.skip(to: whole)
          position = whole
          continue
        }
      } else if let before, before.offset == position, before.extent.length == block.upperBound - position,
        try mayTake(before.extent)
      {
        slices.appendTaken(before.extent)
        position = block.upperBound
        if slices.pieceCount >= Self.mostPieces {
          try cancellation.check()
          try submit(.slice(slices.take()))
        }
        continue
      }
      try readBlocks(block, blockSize, &slices)
      position = block.upperBound
    }
  }

  private func mayTake(_ extent: Extent) throws -> Bool {
    try !context.claims.isSuspicious || context.claims.holdsAll([extent])
  }
}

extension BlockReading {
  /// Reads exactly `count` bytes.
  ///
  /// - Throws: ``EngineError`` `sourceUnreadable` naming the offset; nothing is ever padded.
  func readFully(at offset: Int64, count: Int, appendingTo buffer: inout [UInt8]) throws {
    let start = buffer.count
    do throws(SystemError) {
      guard try read(at: offset, count: count, appendingTo: &buffer) == count else {
        throw SystemError(call: "read", errno: 61, path: path)
      }
    } catch {
      let read = buffer.count - start
      throw EngineError(
        .sourceUnreadable,
        "cannot read \(path) at byte \(offset + Int64(read)): \(error.errno == 61 ? "it ends there" : error.reason)",
        cause: error.errno == 61 ? nil : error.cause,
        hint: "no point was made; look at the kernel's messages (`dmesg`) and at the pool (`lvs -a`)")
    }
  }
}
