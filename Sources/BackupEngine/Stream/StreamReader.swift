import BackupArchive
import BackupModel
import BackupRepository
import HostSystem

/// Reads a stream to its end and hands it on in slices cut between chunks.
///
/// Holds at most one slice and one chunk of it. Runs on a thread of its own.
struct StreamReader {
  let context: ArchiveContext
  let submit: (ArchiveWork) throws -> Void
  let cancellation: Cancellation

  /// Bytes of one read: what a pipe holds at most unless somebody makes it larger.
  private static let readBytes = 64 << 10
  /// How long a wish to stop may go unnoticed while nothing comes.
  private static let attention = Duration.milliseconds(100)

  /// Reads all that comes through a pipe.
  ///
  /// - Parameter verdict: called at the end of the stream; throws if what was read isn't the whole of it. Then the last slice
  ///   isn't submitted, and so there is no entry.
  /// - Throws: `SystemError`, `CancellationError`, what `verdict` and `submit` throw.
  func read(_ entry: IndexEntry, from input: OpenFile, layout: SliceLayout, verdict: () throws -> Void) throws {
    var slices = FileSlices(entry: entry, layout: layout, context: context, mayEndPack: true)
    slices.endsEarly = true
    var scan = ChunkScan()
    var isEnd = false
    while !isEnd || slices.chunkStart < slices.content.count {
      try cancellation.check()
      if let length = context.chunker.nextCut(
        in: slices.content, chunkStart: slices.chunkStart, available: slices.content.count, isEnd: isEnd, &scan)
      {
        slices.appendChunk(length: length)
        if slices.dataBytes >= context.parameters.frameSize.bytes { try submit(.slice(slices.take())) }
        continue
      }
      guard try input.isReadable(within: Self.attention) else { continue }
      let count = try input.readNext(atMost: Self.readBytes, appendingTo: &slices.content)
      if count == 0 { isEnd = true }
      context.pacer?.didRead(count ?? 0)
    }
    try verdict()
    for work in slices.finish(.finished(entry), problems: []) { try submit(.slice(work)) }
  }
}
