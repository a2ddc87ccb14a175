import BackupArchive
import BackupModel
import BackupRepository
import HostSystem

/// Does one task of a restore after the other: reads a frame, proves each chunk by its hash, writes files.
///
/// Not thread-safe: each thread has its own.
final class RestoreWorker {
  private struct HeldFrame: Equatable {
    var pack: ObjectIdentifier
    var frame: UInt32
  }

  private let chunks: ChunkReader
  private let metadata: MetadataWriter
  private let overwrite: Bool
  private let cancellation: Cancellation
  private let decompressor: FrameDecompressor
  private let check = ContentCheck()
  private var content: [UInt8] = []
  /// The frame in `content`; the next window often begins with the last one's frame.
  private var held: HeldFrame?

  init(chunks: ChunkReader, metadata: MetadataWriter, overwrite: Bool, cancellation: Cancellation) throws {
    self.chunks = chunks
    self.metadata = metadata
    self.overwrite = overwrite
    self.cancellation = cancellation
    decompressor = try FrameDecompressor()
  }

  /// Does a task.
  ///
  /// - Throws: ``RestoreEnd`` if the target can't take any more; `CancellationError`.
  func perform(_ task: RestoreTask) throws {
    try cancellation.check()
    switch task {
    case .examine(let files):
      for file in files {
        try cancellation.check()
        try examine(file)
      }
    case .frame(let location, let jobs):
      if let location { load(location) }
      for job in jobs {
        try cancellation.check()
        try attempt(job.file) { () throws(RestoreFailure) in
          if job.isWhole { try restore(job) } else { try restorePieces(job) }
        }
      }
    }
  }

  /// Runs `body` and notes its failure as a failed item.
  ///
  /// - Throws: ``RestoreEnd`` if going on makes no sense.
  private func attempt(_ file: RestoringFile, _ body: () throws(RestoreFailure) -> Void) throws {
    do throws(RestoreFailure) {
      try body()
    } catch {
      if error.endsRestore, let error = error.error { throw RestoreEnd(error) }
      metadata.outcome.failed(file.entry.path, error.reason, isDamage: error.isDamage)
    }
  }

  private func examine(_ file: RestoringFile) throws {
    try attempt(file) { () throws(RestoreFailure) in
      do throws(RestoreFailure) {
        if try file.examine(check, overwrite: overwrite) == .kept { try file.finishKept(metadata) }
      } catch {
        file.fail(error)
        throw error
      }
    }
  }

  private func load(_ location: ChunkLocation) {
    let frame = HeldFrame(pack: ObjectIdentifier(location.reader), frame: location.record.frame)
    guard held != frame else { return }
    do {
      held = nil
      try chunks.read(location, with: decompressor, into: &content)
      held = frame
    } catch {
      // Each chunk of it is looked for in other packs, and a file whose chunk isn't found says why.
      held = nil
    }
  }

  private func restore(_ job: FrameJob) throws(RestoreFailure) {
    var pieces: [(offset: Int64, bytes: ArraySlice<UInt8>)] = []
    for piece in job.pieces { pieces.append((piece.offset, try bytes(of: piece))) }
    try job.file.restore(pieces, metadata)
  }

  private func restorePieces(_ job: FrameJob) throws(RestoreFailure) {
    do throws(RestoreFailure) {
      for piece in job.pieces where !job.file.hasFailed {
        let bytes = try bytes(of: piece)
        do throws(SystemError) {
          try job.file.write(bytes, at: piece.offset)
        } catch {
          throw RestoreFailure(error)
        }
      }
    } catch {
      job.file.fail(error)
    }
    try job.file.endPieces(job.pieces.count, metadata)
  }

  /// The bytes of a chunk, proved by its hash; from another pack if this one's are damaged.
  private func bytes(of piece: FramePiece) throws(RestoreFailure) -> ArraySlice<UInt8> {
    let location = piece.location
    do {
      if held == HeldFrame(pack: ObjectIdentifier(location.reader), frame: location.record.frame) {
        do {
          return try chunks.chunk(at: location, in: content)
        } catch let error as RepositoryError where error.code == .damaged {
          return try chunks.bytes(of: location.record.id, with: decompressor)[...]
        }
      }
      return try chunks.bytes(of: location.record.id, with: decompressor)[...]
    } catch {
      throw RestoreFailure(stored: error)
    }
  }
}

/// The target can't take any more.
struct RestoreEnd: Error {
  let cause: SystemError
  init(_ cause: SystemError) { self.cause = cause }
}
