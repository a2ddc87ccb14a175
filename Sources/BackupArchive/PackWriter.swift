/// Where a pack's bytes go.
public protocol PackOutput {
  /// Appends bytes.
  func write(_ bytes: [UInt8]) throws
}

/// Writes a pack: frames in order, then the table of contents and the seek table.
public struct PackWriter<Output: PackOutput> {
  private let output: Output
  private var frames: [FrameRecord] = []
  private var runs: [UInt32] = []
  private var chunks: [ChunkRecord] = []
  /// Bytes written so far.
  public private(set) var writtenBytes: Int64 = 0
  /// How many chunks the pack holds so far.
  public var chunkCount: Int { chunks.count }
  /// Whether nothing was written yet.
  public var isEmpty: Bool { frames.isEmpty }

  /// Begins a pack at the start of an empty output.
  public init(output: Output) { self.output = output }

  /// Appends a frame.
  ///
  /// A chunk that an earlier frame of this pack holds already isn't listed again.
  public mutating func append(_ frame: EncodedFrame) throws {
    try output.write(frame.bytes)
    let number = UInt32(frames.count)
    frames.append(
      FrameRecord(
        offset: UInt64(writtenBytes), size: UInt32(frame.bytes.count), contentSize: UInt32(frame.contentSize)))
    if frame.beginsMember { runs.append(number) }
    for chunk in frame.chunks {
      chunks.append(ChunkRecord(id: chunk.id, frame: number, offset: chunk.offset, length: chunk.length))
    }
    writtenBytes += Int64(frame.bytes.count)
  }

  /// Ends the tar stream and writes the two tables. The output is complete, not yet durable.
  public mutating func finish(_ encoder: FrameEncoder) throws {
    try append(try encoder.encode([UInt8](repeating: 0, count: 1024), chunks: [], beginsMember: true))
    chunks.sort { ($0.id, $0.frame, $0.offset) < ($1.id, $1.frame, $1.offset) }
    var unique: [ChunkRecord] = []
    unique.reserveCapacity(chunks.count)
    for chunk in chunks where unique.last?.id != chunk.id { unique.append(chunk) }
    chunks = []
    let table = try TableOfContents.encode(frames: frames, runs: runs, chunks: unique)
    try output.write(table)
    let seekTable = SeekTable.encode(frames: frames, tableBytes: table.count)
    try output.write(seekTable)
    writtenBytes += Int64(table.count + seekTable.count)
  }
}
