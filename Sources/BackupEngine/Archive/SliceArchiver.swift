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

  func process(_ work: SliceWork) throws -> ArchiveResult {
    var result = ArchiveResult(
      problems: work.problems, outcome: work.outcome, endsMember: work.mayEndPack || work.outcome != nil)
    var fresh: [(id: ChunkID, data: Range<Int>, at: Int64)] = []
    var at = work.offset
    var start = work.data.lowerBound
    for piece in work.pieces {
      switch piece {
      case .hole(let length):
        result.extents.append(Extent(length: length, chunk: nil))
        at += length
      case .chunk(let length):
        let data = start..<start + length
        let id = ChunkID(of: work.content[data])
        if try context.claims.claim(id) { fresh.append((id, data, at)) }
        result.extents.append(Extent(length: Int64(length), chunk: id))
        start += length
        at += Int64(length)
      }
    }
    result.statistics.newChunks = fresh.count
    result.statistics.newBytes = fresh.reduce(0) { $0 + Int64($1.data.count) }
    result.statistics.readBytes = Int64(work.data.count)
    context.progress.add(bytes: Int64(work.data.count), readBytes: Int64(work.data.count))
    switch work.storing {
    case .member(let beginsMember):
      let chunks = fresh.map { FrameChunk(id: $0.id, offset: $0.data.lowerBound, length: $0.data.count) }
      if !work.content.isEmpty {
        result.frames = [try encoder.encode(work.content, chunks: chunks, beginsMember: beginsMember)]
      }
    case .parts(let member):
      guard !fresh.isEmpty else { break }
      result.frames = [try parts(member, fresh, of: work.content)]
    case .whole(let member):
      guard !work.data.isEmpty || work.offset == 0 else { break }
      result.frames = [try whole(member, fresh, work)]
    }
    return result
  }

  private func whole(
    _ base: TarMember, _ fresh: [(id: ChunkID, data: Range<Int>, at: Int64)], _ work: SliceWork
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
    _ base: TarMember, _ fresh: [(id: ChunkID, data: Range<Int>, at: Int64)], of data: [UInt8]
  ) throws -> EncodedFrame {
    var member = base
    var stored: [UInt8] = []
    var chunks: [FrameChunk] = []
    if case .file(let size, _) = base.kind {
      let ranges = fresh.map { $0.at..<$0.at + Int64($0.data.count) }
      // Of a stream the size isn't known yet; then it reaches as far as the slice.
      member.kind = .file(size: max(size, ranges.last?.upperBound ?? 0), dataRanges: ranges)
    }
    for chunk in fresh { stored += data[chunk.data] }
    serializer.output.removeAll(keepingCapacity: true)
    var offset = try serializer.append(member, data: stored[...])
    for chunk in fresh {
      chunks.append(FrameChunk(id: chunk.id, offset: offset, length: chunk.data.count))
      offset += chunk.data.count
    }
    defer { serializer.output.removeAll(keepingCapacity: true) }
    return try encoder.encode(serializer.output, chunks: chunks, beginsMember: true)
  }
}
