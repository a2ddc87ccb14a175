public import BackupModel
public import HostSystem
import Synchronization

/// Reads a pack: finds chunks by the table of contents, reads and decompresses single frames.
///
/// Opening reads the end of the file and the list of frames only. Safe to use from several threads.
public final class PackReader: Sendable {
  /// The open file.
  public let file: OpenFile
  /// The frames, in order.
  public let frames: [FrameRecord]
  /// How many chunks the table lists.
  public var chunkCount: Int { counts.chunks }
  /// The size of the whole file in bytes.
  public let fileSize: Int64
  let counts: TableOfContents.Counts
  let tableStart: Int64
  private let loadedTable = Mutex<[UInt8]?>(nil)

  /// Opens a pack.
  ///
  /// - Throws: ``ArchiveError`` `notAPack` or `damagedTable`; `SystemError` if the file can't be read.
  public init(_ file: OpenFile) throws {
    self.file = file
    fileSize = try file.status().size
    let tailSize = Int(min(fileSize, 65_536))
    let tail = try file.contents(at: fileSize - Int64(tailSize), count: tailSize)
    guard let seekBytes = SeekTable.size(tail: tail), seekBytes + Int64(TableOfContents.footerBytes) + 8 <= fileSize
    else {
      throw ArchiveError(
        .notAPack, "the pack has no seek table at its end", cause: "the file is cut short or not a pack")
    }
    let footerEnd = fileSize - seekBytes
    let footer = try file.contents(
      at: footerEnd - Int64(TableOfContents.footerBytes), count: TableOfContents.footerBytes)
    guard footer.count == TableOfContents.footerBytes, let counts = TableOfContents.Counts(footer, at: 0) else {
      throw ArchiveError(.damagedTable, "the pack's table of contents is damaged", cause: "its footer is not valid")
    }
    self.counts = counts
    tableStart = footerEnd - counts.contentBytes
    let headBytes = TableOfContents.headerBytes + TableOfContents.frameBytes * counts.frames
    guard tableStart >= 8, seekBytes == Int64(8 + 8 * (counts.frames + 1) + SeekTable.footerBytes) else {
      throw ArchiveError(.damagedTable, "the pack's table of contents is damaged", cause: "it doesn't fit the file")
    }
    let head = try file.contents(at: tableStart - 8, count: headBytes + 8)
    guard head.count == headBytes + 8, head.littleEndian(at: 0, as: UInt32.self) == TableOfContents.skippableMagic,
      Int64(head.littleEndian(at: 4, as: UInt32.self)) == counts.contentBytes,
      Array(head[8..<16]) == TableOfContents.magic, TableOfContents.Counts(head, at: 16) == counts
    else {
      throw ArchiveError(.damagedTable, "the pack's table of contents is damaged", cause: "its header is not valid")
    }
    frames = try Self.frames(head[(8 + TableOfContents.headerBytes)...], count: counts.frames, end: tableStart - 8)
  }

  private static func frames(_ bytes: ArraySlice<UInt8>, count: Int, end: Int64) throws -> [FrameRecord] {
    var frames: [FrameRecord] = []
    frames.reserveCapacity(count)
    var position: UInt64 = 0
    for number in 0..<count {
      let record = TableOfContents.frame(bytes.dropFirst(number * TableOfContents.frameBytes))
      guard record.offset == position, record.size > 0, record.contentSize > 0,
        Int(record.contentSize) <= PackLimits.frameContentBytes
      else {
        throw ArchiveError(
          .damagedTable, "the pack's table of contents is damaged", cause: "frame \(number) is out of place")
      }
      position += UInt64(record.size)
      frames.append(record)
    }
    guard position == UInt64(end) else {
      throw ArchiveError(.damagedTable, "the pack's table of contents is damaged", cause: "the frames don't reach it")
    }
    return frames
  }

  // MARK: - Chunks

  /// Where a chunk lies, or nil if this pack doesn't hold it.
  ///
  /// Reads a few KiB, or nothing after ``prepareForManyLookups()``.
  /// - Throws: ``ArchiveError`` `damagedTable`; `SystemError` if the file can't be read.
  public func location(of id: ChunkID) throws -> ChunkRecord? {
    if let table = loadedTable.withLock({ $0 }) {
      return try search(for: id, low: 0, high: counts.chunks) { first, _ in (table, chunkOffset(first)) }
    }
    return try search(for: id, low: 0, high: counts.chunks) { first, count in
      (try records(first: first, count: count), 0)
    }
  }

  /// Keeps the table of contents in memory (44 bytes a chunk), so that each further lookup costs no read.
  ///
  /// - Throws: ``ArchiveError`` `damagedTable`; `SystemError` if the file can't be read.
  public func prepareForManyLookups() throws {
    guard loadedTable.withLock({ $0 }) == nil else { return }
    let table = try verifiedTable()
    loadedTable.withLock { $0 = table }
  }

  /// Ids are uniformly distributed, so the place is guessed by interpolation; each guess looks at a window of records.
  private func search(
    for id: ChunkID, low: Int, high: Int, window: (_ first: Int, _ count: Int) throws -> (bytes: [UInt8], at: Int)
  ) throws -> ChunkRecord? {
    var low = low
    var high = high
    var least: UInt64 = 0
    var greatest = UInt64.max
    let wanted = id.words[0]
    while low < high {
      let share = Double(wanted - least) / max(1, Double(greatest - least))
      let guess = low + min(high - low - 1, Int(share * Double(high - low)))
      let first = max(low, min(guess - Self.window / 2, high - Self.window))
      let count = min(Self.window, high - first)
      let (bytes, start) = try window(first, count)
      var position = 0
      var upper = count
      while position < upper {
        let middle = (position + upper) / 2
        if TableOfContents.id(bytes, at: start + middle * TableOfContents.chunkBytes) < id {
          position = middle + 1
        } else {
          upper = middle
        }
      }
      if position < count {
        let record = TableOfContents.chunk(bytes, at: start + position * TableOfContents.chunkBytes)
        if record.id == id {
          try validate(record)
          return record
        }
        // The first greater record lies inside the window: the id can't stand further right.
        if position > 0 { return nil }
        high = first
        greatest = max(wanted, record.id.words[0])
      } else {
        low = first + count
        let last = TableOfContents.id(bytes, at: start + (count - 1) * TableOfContents.chunkBytes)
        least = min(wanted, last.words[0])
      }
    }
    return nil
  }

  private static let window = 256

  private func chunkOffset(_ number: Int) -> Int { Int(counts.chunksOffset) + TableOfContents.chunkBytes * number }

  private func records(first: Int, count: Int) throws -> [UInt8] {
    let bytes = try file.contents(
      at: tableStart + Int64(chunkOffset(first)), count: TableOfContents.chunkBytes * count)
    guard bytes.count == TableOfContents.chunkBytes * count else {
      throw ArchiveError(.damagedTable, "the pack's table of contents is cut short")
    }
    return bytes
  }

  private func validate(_ record: ChunkRecord) throws {
    guard Int(record.frame) < frames.count,
      UInt64(record.offset) + UInt64(record.length) <= UInt64(frames[Int(record.frame)].contentSize)
    else {
      throw ArchiveError(
        .damagedTable, "the pack's table of contents is damaged", cause: "chunk \(record.id) lies outside its frame")
    }
  }

  /// Calls `body` with every chunk in the order of their ids, after the table's digest was found right.
  ///
  /// - Throws: ``ArchiveError`` `damagedTable`; what `body` throws.
  public func forEachChunk(_ body: (ChunkRecord) throws -> Void) throws {
    let bytes = try verifiedTable()
    var previous: ChunkID?
    for number in 0..<counts.chunks {
      let record = TableOfContents.chunk(bytes, at: Int(counts.chunksOffset) + TableOfContents.chunkBytes * number)
      try validate(record)
      if let previous, previous >= record.id {
        throw ArchiveError(.damagedTable, "the pack's table of contents is damaged", cause: "its chunks are not sorted")
      }
      previous = record.id
      try body(record)
    }
  }

  /// The first frames of the runs that hold whole members, after the table's digest was found right.
  ///
  /// - Throws: ``ArchiveError`` `damagedTable`.
  public func runs() throws -> [Int] {
    let bytes = try verifiedTable()
    let runs = (0..<counts.runs).map {
      Int(bytes.littleEndian(at: Int(counts.runsOffset) + TableOfContents.runBytes * $0, as: UInt32.self))
    }
    guard zip(runs, runs.dropFirst()).allSatisfy({ $0 < $1 }), runs.allSatisfy({ $0 < frames.count }) else {
      throw ArchiveError(.damagedTable, "the pack's table of contents is damaged", cause: "its runs are not ascending")
    }
    return runs
  }

  private func verifiedTable() throws -> [UInt8] {
    let bytes = try file.contents(at: tableStart, count: Int(counts.contentBytes))
    let digestStart = bytes.count - TableOfContents.digestBytes
    guard bytes.count == Int(counts.contentBytes),
      ChunkID(of: bytes[..<digestStart]) == ChunkID(bytes: bytes[digestStart...])
    else {
      throw ArchiveError(.damagedTable, "the pack's table of contents does not match its digest")
    }
    return bytes
  }

  // MARK: - Frames

  /// The compressed bytes of a frame.
  ///
  /// - Throws: ``ArchiveError`` `damagedFrame` if the file ends before it; `SystemError` if it can't be read.
  public func compressedFrame(_ number: Int) throws -> [UInt8] {
    var bytes: [UInt8] = []
    try readCompressedFrame(number, into: &bytes)
    return bytes
  }

  private func readCompressedFrame(_ number: Int, into bytes: inout [UInt8]) throws {
    let record = frames[number]
    let size = Int(record.size)
    if bytes.count > size { bytes.removeLast(bytes.count - size) }
    if bytes.count < size { bytes += [UInt8](repeating: 0, count: size - bytes.count) }
    guard try file.read(at: Int64(record.offset), into: &bytes, from: 0, count: size) == size else {
      throw ArchiveError(.damagedFrame, "frame \(number) is cut short")
    }
  }

  /// Reads and decompresses a frame; its content replaces what `content` held.
  ///
  /// - Throws: ``ArchiveError`` `damagedFrame`; `SystemError` if the file can't be read.
  public func readFrame(_ number: Int, with decompressor: FrameDecompressor, into content: inout [UInt8]) throws {
    var compressed: [UInt8] = []
    try readFrame(number, with: decompressor, compressed: &compressed, into: &content)
  }

  /// Reads and decompresses a frame like ``readFrame(_:with:into:)``, for many frames in turn.
  ///
  /// - Parameter compressed: room for the compressed bytes, kept from frame to frame.
  /// - Throws: ``ArchiveError`` `damagedFrame`; `SystemError` if the file can't be read.
  public func readFrame(
    _ number: Int, with decompressor: FrameDecompressor, compressed: inout [UInt8], into content: inout [UInt8]
  ) throws {
    try readCompressedFrame(number, into: &compressed)
    do {
      try decompressor.decompress(compressed, size: Int(frames[number].contentSize), into: &content)
    } catch {
      throw ArchiveError(.damagedFrame, "frame \(number) does not match its checksum", cause: error.cause)
    }
  }
}
