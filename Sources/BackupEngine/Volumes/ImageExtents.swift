import BackupModel
import BackupRepository
import VolumeSnapshots

/// Takes the extents of a new image in order: makes the lines of the index, and compares blocks that a difference calls the same
/// with the base if they were read nevertheless.
struct ImageExtents {
  /// What the comparison with the base found.
  struct Findings {
    /// Bytes that a difference calls the same and that were compared.
    var comparedBytes: Int64 = 0
    /// How many blocks of them differ.
    var differing = 0
    /// Where the first of them begin.
    var firstOffsets: [Int64] = []
    /// Why the comparison ended early.
    var failure: (any Error)?

    static let mostOffsets = 5

    mutating func add(_ offset: Int64) {
      differing += 1
      if firstOffsets.count < Self.mostOffsets { firstOffsets.append(offset) }
    }
  }

  /// The base, and which blocks the difference calls the same as in it.
  private struct Base {
    var image: PreviousImage
    var runs: ImageBlocks.Iterator
    var run: ImageBlocks.Run?

    /// The run of blocks that holds a byte. Offsets must not go back.
    mutating func run(at position: Int64) -> ImageBlocks.Run? {
      while run.map({ $0.bytes.upperBound <= position }) ?? true {
        guard let next = runs.next() else { return nil }
        run = next
      }
      return run
    }
  }

  private(set) var findings = Findings()
  private var lines: IndexFileLines
  private let blockSize: Int64
  private var base: Base?
  private var position: Int64 = 0

  /// Begins an image.
  ///
  /// - Parameter base: the point that `same` in the blocks refers to, if everything is compared with it.
  init(_ entry: IndexEntry, blocks: ImageBlocks, comparedWith base: PreviousImage?) {
    blockSize = blocks.blockSize
    lines = IndexFileLines(entry, blockSize: ByteCount(blocks.blockSize))
    if let base { self.base = Base(image: base, runs: blocks.makeIterator()) }
  }

  mutating func append(_ extents: [Extent], to text: inout [UInt8]) {
    lines.append(extents, to: &text)
    for extent in extents {
      compare(extent)
      position += extent.length
    }
  }

  /// Ends the image.
  ///
  /// - Returns: its bytes, holes left out.
  mutating func finish(to text: inout [UInt8]) -> Int64 {
    lines.finish(to: &text)
    return lines.dataBytes
  }

  private mutating func compare(_ extent: Extent) {
    guard base != nil else { return }
    do {
      let end = position + extent.length
      var start = position
      while start < end {
        guard let run = base?.run(at: start) else { return }
        let part = start..<min(end, run.bytes.upperBound)
        if run.state == .same { try compare(part, with: extent) }
        start = part.upperBound
      }
    } catch {
      findings.failure = error
      base = nil
    }
  }

  private mutating func compare(_ range: Range<Int64>, with extent: Extent) throws {
    findings.comparedBytes += range.upperBound - range.lowerBound
    if let chunk = extent.chunk {
      let before = try base?.image.extent(at: range.lowerBound)
      if before?.offset != range.lowerBound || before?.extent.chunk != chunk { findings.add(range.lowerBound) }
      return
    }
    var start = range.lowerBound
    while start < range.upperBound, let before = try base?.image.extent(at: start) {
      if before.extent.chunk != nil { findings.add(start) }
      start = before.offset + before.extent.length
    }
  }
}
