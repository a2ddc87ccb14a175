import BackupArchive
import BackupModel
import BackupRepository
import HostSystem
import Synchronization

/// Writes the extents of an image into a file or device: one thread goes through the index, others decompress, prove and write.
final class ImageWriting: Sendable {
  /// What one thread does at a time: the pieces that one frame holds.
  private struct Job: Sendable {
    var pieces: [FramePiece]
  }

  /// What is done about holes.
  enum Holes: Sendable {
    /// They are there already.
    case areThere
    /// They are made.
    case areMade
    /// They are made where something else is.
    ///
    /// - Parameter seenBy: one reader for all threads: whether reads are direct is a setting of what is open, which two would change under
    ///   each other.
    case areMadeWhereMissing(seenBy: DirectReader)
  }

  private struct State {
    var jobs: [Job] = []
    var isComplete = false
    var failure: (any Error)?
  }

  private let file: OpenFile
  private let chunks: ChunkReader
  private let holes: Holes
  private let places = Monitor(WrittenPlaces())
  private let threads: Int
  private let progress: RestoreProgress
  private let cancellation: Cancellation
  private let state = Monitor(State())
  private let written = Atomic<Int64>(0)
  private static let zeros = [UInt8](repeating: 0, count: 1 << 20)

  init(
    file: OpenFile, chunks: ChunkReader, holes: Holes, threads: Int, progress: RestoreProgress,
    cancellation: Cancellation
  ) {
    self.file = file
    self.chunks = chunks
    self.holes = holes
    self.threads = max(1, threads)
    self.progress = progress
    self.cancellation = cancellation
  }

  /// Writes all.
  ///
  /// - Returns: how many bytes were written.
  /// - Throws: the first error of any thread: `RepositoryError` `damaged`, `SystemError`, `CancellationError`.
  func run(_ cursor: ExtentCursor) throws -> Int64 {
    let workers = (0..<threads).map { _ in WorkerThread { self.work() } }
    var failure: (any Error)?
    do {
      try plan(cursor)
    } catch {
      failure = error
    }
    let reason = failure
    state.update { state in
      state.isComplete = true
      state.failure = state.failure ?? reason
    }
    for worker in workers { worker.join() }
    if let failure = state.update({ $0.failure }) { throw failure }
    return written.load(ordering: .relaxed)
  }

  private func plan(_ cursor: ExtentCursor) throws {
    var cursor = cursor
    var job = Job(pieces: [])
    while let (offset, extent) = try cursor.next() {
      try cancellation.check()
      guard let chunk = extent.chunk else {
        try makeHole(offset..<offset + extent.length)
        continue
      }
      let location = try chunks.location(of: chunk)
      guard Int64(location.record.length) == extent.length else {
        throw RepositoryError(
          .damaged, "cannot restore an image: the index and pack \(location.pack) disagree about a length")
      }
      // Neighbours lie in one frame as a rule; a frame that comes again later is decompressed again.
      if let first = job.pieces.first?.location,
        first.pack != location.pack || first.record.frame != location.record.frame
      {
        try submit(job)
        job.pieces = []
      }
      job.pieces.append(FramePiece(offset: offset, location: location))
    }
    if !job.pieces.isEmpty { try submit(job) }
  }

  private func submit(_ job: Job) throws {
    let capacity = 4 * threads
    try state.wait { state -> Void? in
      if let failure = state.failure { throw failure }
      guard state.jobs.count < capacity else { return nil }
      state.jobs.append(job)
      return ()
    }
  }

  private func work() {
    do {
      let decompressor = try FrameDecompressor()
      var content: [UInt8] = []
      while true {
        let next = state.wait { state -> Job?? in
          if state.failure != nil { return .some(nil) }
          if !state.jobs.isEmpty { return .some(state.jobs.removeFirst()) }
          return state.isComplete ? .some(nil) : nil
        }
        guard let job = next else { return }
        try cancellation.check()
        try write(job, decompressor, &content)
      }
    } catch {
      state.update { $0.failure = $0.failure ?? error }
    }
  }

  private func write(_ job: Job, _ decompressor: FrameDecompressor, _ content: inout [UInt8]) throws {
    let pieces = job.pieces.filter { piece in
      guard isThere(piece) else { return true }
      progress.add(entries: 0, bytes: Int64(piece.location.record.length))
      return false
    }
    var isWhole = true
    do {
      if let first = pieces.first { try chunks.read(first.location, with: decompressor, into: &content) }
    } catch let error as RepositoryError where error.code == .damaged {
      isWhole = false
    }
    for piece in pieces {
      let bytes = try bytes(of: piece, in: isWhole ? content : nil, decompressor)
      try file.write(bytes, at: piece.offset)
      written.add(Int64(bytes.count), ordering: .relaxed)
      if before != nil { places.update { $0.insert(piece.offset) } }
      progress.add(entries: 0, bytes: Int64(bytes.count))
    }
  }

  /// Whether a piece needn't be written. What can't be read is written.
  private func isThere(_ piece: FramePiece) -> Bool {
    guard let before else { return false }
    var content: [UInt8] = []
    let count = Int(piece.location.record.length)
    // A place that can't be read isn't as it must be; that it can be written, writing shows.
    guard (try? before.read(at: piece.offset, count: count, appendingTo: &content)) == count else {
      return false
    }
    return ChunkID(of: content) == piece.location.record.id
  }

  private func makeHole(_ range: Range<Int64>) throws {
    switch holes {
    case .areThere: return
    case .areMade: try clear(range)
    case .areMadeWhereMissing(let reader):
      // In parts, so that little is cleared for a few bytes.
      var position = range.lowerBound
      while position < range.upperBound {
        let part = position..<min(position + Int64(Self.zeros.count), range.upperBound)
        if try !isClear(part, reader) {
          try clear(part)
          places.update { $0.insert(range.lowerBound) }
        }
        position = part.upperBound
      }
    }
  }

  /// Whether a range is zeros already; what can't be read isn't.
  private func isClear(_ range: Range<Int64>, _ reader: DirectReader) throws -> Bool {
    do {
      return try ImageComparison.isZeros(range, reader, cancellation)
    } catch is SystemError {
      return false
    }
  }

  /// Reads what is there, so that only what differs is written; nil to write all.
  private var before: DirectReader? {
    if case .areMadeWhereMissing(let reader) = holes { reader } else { nil }
  }

  /// Where extents begin that were written, to be compared afterwards; nil for all of them.
  var writtenOffsets: Set<Int64>? { before == nil ? nil : places.update { $0.offsets } }

  /// A chunk's bytes, proved by its hash; from another pack if this one's are damaged.
  private func bytes(
    of piece: FramePiece, in content: [UInt8]?, _ decompressor: FrameDecompressor
  ) throws -> ArraySlice<UInt8> {
    if let content {
      do {
        return try chunks.chunk(at: piece.location, in: content)
      } catch let error as RepositoryError where error.code == .damaged {
        return try chunks.bytes(of: piece.location.record.id, with: decompressor)[...]
      }
    }
    return try chunks.bytes(of: piece.location.record.id, with: decompressor)[...]
  }

  /// Makes a range zeros: gives its room back where that promises zeros, and writes them elsewhere.
  private func clear(_ range: Range<Int64>) throws {
    do throws(SystemError) {
      return try file.zeroRange(offset: range.lowerBound, length: range.upperBound - range.lowerBound)
    } catch {
      guard error.isUnsupported else { throw error }
    }
    var position = range.lowerBound
    while position < range.upperBound {
      try cancellation.check()
      let count = min(range.upperBound - position, Int64(Self.zeros.count))
      try file.write(Self.zeros[..<Int(count)], at: position)
      written.add(count, ordering: .relaxed)
      position += count
    }
  }
}

/// Where an image was written: each place, or everywhere once there are many.
private struct WrittenPlaces {
  private static let most = 1 << 16
  private(set) var offsets: Set<Int64>? = []

  mutating func insert(_ offset: Int64) {
    offsets?.insert(offset)
    if let count = offsets?.count, count > Self.most { offsets = nil }
  }
}

/// Compares a file or device with the extents of an image by reading and hashing it.
struct ImageComparison {
  private let file: OpenFile

  init(_ file: OpenFile) { self.file = file }

  /// Compares.
  ///
  /// - Parameter offsets: where the extents begin that are compared; nil for all of them.
  func run(
    _ cursor: ExtentCursor, at offsets: Set<Int64>? = nil, cancellation: Cancellation
  ) throws -> ImageRestoreReport.Comparison {
    var cursor = cursor
    var comparison = ImageRestoreReport.Comparison()
    let reader = DirectReader(file)
    // What a file system knows to be a hole needn't be read.
    let data = try file.status().kind == .file ? file.dataRanges(size: cursor.entry.size) : [0..<cursor.entry.size]
    var passed = 0
    while let (offset, extent) = try cursor.next() {
      if let offsets, !offsets.contains(offset) { continue }
      let end = offset + extent.length
      var isSame = true
      if let chunk = extent.chunk {
        isSame = try holds(chunk, offset..<end, reader)
      } else {
        while passed < data.count, data[passed].upperBound <= offset { passed += 1 }
        for range in data[passed...].prefix(while: { $0.lowerBound < end }) where isSame {
          isSame = try Self.isZeros(range.clamped(to: offset..<end), reader, cancellation)
        }
      }
      try cancellation.check()
      comparison.bytes += extent.length
      guard !isSame else { continue }
      comparison.differing += 1
      if comparison.firstOffsets.count < ImageExtents.Findings.mostOffsets { comparison.firstOffsets.append(offset) }
    }
    return comparison
  }

  private func holds(_ chunk: ChunkID, _ range: Range<Int64>, _ reader: DirectReader) throws -> Bool {
    var content: [UInt8] = []
    let count = Int(range.upperBound - range.lowerBound)
    return try reader.read(at: range.lowerBound, count: count, appendingTo: &content) == count
      && ChunkID(of: content) == chunk
  }

  /// Whether a range is zeros.
  static func isZeros(_ range: Range<Int64>, _ reader: DirectReader, _ cancellation: Cancellation) throws -> Bool {
    var position = range.lowerBound
    var content: [UInt8] = []
    while position < range.upperBound {
      try cancellation.check()
      content.removeAll(keepingCapacity: true)
      let count = Int(min(range.upperBound - position, 1 << 20))
      guard try reader.read(at: position, count: count, appendingTo: &content) == count, isZero(content[...]) else {
        return false
      }
      position += Int64(count)
    }
    return true
  }
}
