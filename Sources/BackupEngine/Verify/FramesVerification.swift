import BackupArchive
import BackupModel
import BackupRepository
import HostSystem
import Synchronization

/// Reads chosen frames of one pack on worker threads: decompresses each, which proves its checksum, and hashes its chunks.
final class FramesVerification: Sendable {
  /// What was read and found so far.
  struct Outcome: Sendable {
    var verified: [Int] = []
    var damaged: [(frame: Int, cause: String)] = []
    var chunks = 0
    var contentBytes: Int64 = 0
    var storedBytes: Int64 = 0
    /// An error that is no damage: memory for a decompressor.
    var failure: (any Error)?
  }

  private let reader: PackReader
  private let chosen: [Int]
  private let chunks: FrameChunks
  private let progress: ArchiveProgress
  private let pacer: Pacer?
  private let cancellation: Cancellation
  private let readAhead: ReadAhead
  private let next = Atomic<Int>(0)
  private let outcome = Mutex(Outcome())

  init(
    _ reader: PackReader, chosen: [Int], chunks: FrameChunks, progress: ArchiveProgress, pacer: Pacer?,
    cancellation: Cancellation
  ) {
    self.reader = reader
    self.chosen = chosen
    self.chunks = chunks
    self.progress = progress
    self.pacer = pacer
    self.cancellation = cancellation
    readAhead = ReadAhead(reader.file, reader.frames, chosen: chosen)
  }

  /// Reads the frames and waits; ends early if it is cancelled, with what was done so far.
  func run(threads: Int) -> Outcome {
    let workers = (0..<max(1, min(threads, chosen.count))).map { _ in WorkerThread { [self] in work() } }
    for worker in workers { worker.join() }
    return outcome.withLock { $0 }
  }

  private func work() {
    do {
      let decompressor = try FrameDecompressor()
      var compressed: [UInt8] = []
      var content: [UInt8] = []
      while !cancellation.isCancelled {
        let position = next.add(1, ordering: .relaxed).oldValue
        guard position < chosen.count else { return }
        verify(position, decompressor, &compressed, &content)
      }
    } catch {
      outcome.withLock { $0.failure = $0.failure ?? error }
    }
  }

  private func verify(
    _ position: Int, _ decompressor: FrameDecompressor, _ compressed: inout [UInt8], _ content: inout [UInt8]
  ) {
    let frame = chosen[position]
    var problem: String?
    var hashed = 0
    readAhead.willRead(position)
    do {
      try reader.readFrame(frame, with: decompressor, compressed: &compressed, into: &content)
      problem = chunks.firstMismatch(inFrame: frame, content, hashed: &hashed)
    } catch let error as ArchiveError {
      problem = error.cause ?? error.message
    } catch {
      problem = "\(error)"
    }
    readAhead.didRead(position)
    let record = reader.frames[frame]
    progress.add(entries: 1, bytes: Int64(record.contentSize), readBytes: Int64(record.size))
    pacer?.didRead(Int(record.size))
    outcome.withLock { outcome in
      if let problem { outcome.damaged.append((frame, problem)) } else { outcome.verified.append(frame) }
      outcome.chunks += hashed
      outcome.contentBytes += Int64(record.contentSize)
      outcome.storedBytes += Int64(record.size)
    }
  }
}
