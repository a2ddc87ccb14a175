import BackupArchive
import BackupModel
import BackupRepository

/// Hashes a slice of a large file and makes its frame.
///
/// Not thread-safe: each worker has its own.
final class SliceArchiver {
  private let context: ArchiveContext
  private let encoder: FrameEncoder
  private let serializer: TarSerializer

  init(_ context: ArchiveContext) throws {
    self.context = context
    encoder = try FrameEncoder(level: context.parameters.compressionLevel)
    serializer = try TarSerializer()
  }

  /// A chunk of the slice that isn't a hole.
  private struct Piece {
    var id: ChunkID
    var data: Range<Int>
    /// Where in the file it stands.
    var at: Int64
    var isFresh: Bool
  }

  func process(_ work: SliceWork) throws -> ArchiveResult {
    var result = ArchiveResult(
      problems: work.problems, outcome: work.outcome, endsMember: work.mayEndPack || work.outcome != nil)
    var all: [Piece] = []
    var at = work.offset
    var start = work.data.lowerBound
    for piece in work.pieces {
      switch piece {
      case .hole(let length):
        result.extents.append(Extent(length: length, chunk: nil))
        at += length
      case .taken(let extent):
        result.extents.append(extent)
        at += extent.length
      case .chunk(let length):
        let data = start..<start + length
        var chunk: ChunkID?
        if !work.zerosAreHoles || !isZero(work.content[data]) {
          let id = ChunkID(of: work.content[data])
          all.append(Piece(id: id, data: data, at: at, isFresh: try context.claims.claim(id)))
          chunk = id
        }
        result.extents.append(Extent(length: Int64(length), chunk: chunk))
        start += length
        at += Int64(length)
      }
    }
    let fresh = all.filter(\.isFresh)
    let readBytes = Int64(work.data.count - work.unreadBytes)
    result.statistics.newChunks = fresh.count
    result.statistics.newBytes = fresh.reduce(0) { $0 + Int64($1.data.count) }
    result.statistics.readBytes = readBytes
    context.progress.add(bytes: readBytes, readBytes: readBytes)
    switch work.storing {
    case .member(let beginsMember):
      let chunks = fresh.map { FrameChunk(id: $0.id, offset: $0.data.lowerBound, length: $0.data.count) }
      if !work.content.isEmpty {
        result.frames = [try encoder.encode(work.content, chunks: chunks, beginsMember: beginsMember)]
      }
    case .parts(let member, let storesAll):
      let stored = storesAll ? all : fresh
      guard !stored.isEmpty else { break }
      result.frames = [try parts(member, stored, of: work.content)]
    case .whole(let member):
      guard !work.data.isEmpty || work.offset == 0 else { break }
      result.frames = [try whole(member, fresh, work)]
    }
    return result
  }

  private func whole(
    _ base: TarMember, _ fresh: [Piece], _ work: SliceWork
  ) throws -> EncodedFrame {
    var member = base
    member.kind = .file(size: Int64(work.data.count), dataRanges: nil)
    serializer.output.removeAll(keepingCapacity: true)
    defer { serializer.output.removeAll(keepingCapacity: true) }
    let start = try serializer.append(member, data: work.content[work.data]) - work.data.lowerBound
    let chunks = fresh.map { FrameChunk(id: $0.id, offset: start + $0.data.lowerBound, length: $0.data.count) }
    return try encoder.encode(serializer.output, chunks: chunks, beginsMember: true)
  }

  private func parts(
    _ base: TarMember, _ pieces: [Piece], of data: [UInt8]
  ) throws -> EncodedFrame {
    var member = base
    var stored: [UInt8] = []
    var chunks: [FrameChunk] = []
    if case .file(let size, _) = base.kind {
      let ranges = pieces.map { $0.at..<$0.at + Int64($0.data.count) }
      // Of a stream the size isn't known yet; then it reaches as far as the slice.
      member.kind = .file(size: max(size, ranges.last?.upperBound ?? 0), dataRanges: ranges)
    }
    for piece in pieces { stored += data[piece.data] }
    serializer.output.removeAll(keepingCapacity: true)
    var offset = try serializer.append(member, data: stored[...])
    for piece in pieces {
      if piece.isFresh { chunks.append(FrameChunk(id: piece.id, offset: offset, length: piece.data.count)) }
      offset += piece.data.count
    }
    defer { serializer.output.removeAll(keepingCapacity: true) }
    return try encoder.encode(serializer.output, chunks: chunks, beginsMember: true)
  }
}
