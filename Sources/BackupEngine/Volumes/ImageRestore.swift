public import BackupModel
public import BackupRepository
public import HostSystem

/// Restores the image of a volume to a sparse file, to a block device, or as a stream of bytes.
///
/// Each chunk is proved by its hash before it is written.
public struct ImageRestore: Sendable {
  /// Where an image goes.
  public enum Target: Sendable {
    /// A new file, made sparse; the name must not be taken.
    case newFile(PathBytes)
    /// An open block device or file, opened for reading and writing, at least as long as the image. What lies behind the image is left
    /// alone.
    ///
    /// - Parameter isKnownEmpty: whether it reads as zeros all over, as a new thin volume does: then holes are not written.
    case device(OpenFile, isKnownEmpty: Bool)
    /// The same of which much may be as the image is: it is read, and only what differs is written.
    ///
    /// - Parameter reading: the same opened once more, since reading past the cache is a setting of what is open.
    case similarDevice(OpenFile, reading: OpenFile)
  }

  /// What is restored, and where to.
  public struct Request: Sendable {
    /// Where the point is.
    public var store: SourceStore
    /// The point.
    public var point: RecoveryPoint
    /// Whether to read the target afterwards and compare it with the point.
    public var verify = false
    /// How many threads decompress, hash and write.
    public var threads = availableProcessors()

    /// Asks for the image of a point.
    public init(store: SourceStore, point: RecoveryPoint) {
      self.store = store
      self.point = point
    }
  }

  private let request: Request
  private let clock: any HostClock

  /// Prepares a restore.
  public init(_ request: Request, clock: any HostClock) {
    self.request = request
    self.clock = clock
  }

  /// Bytes of the image: what a target must hold.
  ///
  /// - Throws: `RepositoryError` `noSuchEntry` if the point holds no image, or `damaged`.
  public func length() throws -> ByteCount { ByteCount(try cursor(try chunks()).entry.size) }

  /// Bytes of the units of a thin pool that the image's content needs: what a new volume takes of a pool whose chunks are zeroed.
  ///
  /// - Parameter unit: bytes of a chunk of the pool.
  /// - Throws: as ``length()``; `CancellationError`.
  public func occupied(inUnitsOf unit: ByteCount, cancellation: Cancellation) throws -> ByteCount {
    var cursor = try cursor(try chunks())
    var (units, counted): (Int64, Int64) = (0, 0)
    while let (offset, extent) = try cursor.next() {
      guard extent.chunk != nil else { continue }
      try cancellation.check()
      let end = (offset + extent.length + unit.bytes - 1) / unit.bytes
      units += max(0, end - max(counted, offset / unit.bytes))
      counted = max(counted, end)
    }
    return ByteCount(units * unit.bytes)
  }

  private func chunks() throws -> ChunkReader { try request.store.chunkReader(keepsTables: true) }

  private func cursor(_ chunks: ChunkReader) throws -> ExtentCursor {
    let reader = try IndexReader(root: request.point.index, chunks: chunks)
    guard let cursor = try ExtentCursor(reader, path: ImageArchive.path) else {
      throw RepositoryError(
        .noSuchEntry, "cannot restore \(request.point.source)@\(request.point.id) as an image: it holds files",
        hint: "restore it to a directory with --to")
    }
    return cursor
  }

  // MARK: - To a file or a device

  /// Restores on threads of its own and waits. What is restored is on the medium when this returns.
  ///
  /// A new file is removed again if the restore fails; what was on a device is lost from the first write on.
  /// - Throws: ``EngineError`` `targetUnusable` before anything is written, `restoreFailed` if writing fails; `RepositoryError`
  ///   `noSuchEntry`, or `damaged` if a chunk can't be had; `CancellationError`.
  public func run(
    to target: Target, progress: RestoreProgress, cancellation: Cancellation
  ) throws -> ImageRestoreReport {
    let begun = clock.elapsed()
    let chunks = try chunks()
    let cursor = try cursor(chunks)
    var report = ImageRestoreReport(length: cursor.entry.size)
    let file: OpenFile
    let holes: ImageWriting.Holes
    switch target {
    case .newFile(let path):
      file = try make(path, length: cursor.entry.size)
      holes = .areThere
    case .device(let device, let isKnownEmpty):
      try requireRoom(on: device, for: cursor.entry.size)
      file = device
      holes = isKnownEmpty ? .areThere : .areMade
    case .similarDevice(let device, let reading):
      try requireRoom(on: device, for: cursor.entry.size)
      file = device
      holes = .areMadeWhereMissing(seenBy: DirectReader(reading))
    }
    do {
      let writing = ImageWriting(
        file: file, chunks: chunks, holes: holes, threads: request.threads, progress: progress,
        cancellation: cancellation)
      report.writtenBytes = try writing.run(cursor)
      try file.synchronize()
      report.seconds = (clock.elapsed() - begun).inSeconds
      if request.verify {
        report.comparison = try ImageComparison(file).run(
          try self.cursor(chunks), at: writing.writtenOffsets, cancellation: cancellation)
      }
    } catch {
      if case .newFile(let path) = target { remove(path) }
      if let error = error as? SystemError { throw failed(error, file.path) }
      throw error
    }
    return report
  }

  private func make(_ path: PathBytes, length: Int64) throws -> OpenFile {
    do throws(SystemError) {
      let file = try OpenFile.open(path, .newFile(permissions: 0o600))
      try file.setSize(length)
      return file
    } catch {
      throw EngineError(
        .targetUnusable, "cannot restore to \(path.displayedPath): \(error.reason)", cause: error.cause,
        hint: error.isExisting ? "choose a name that isn't taken; nothing is overwritten" : nil)
    }
  }

  private func remove(_ path: PathBytes) {
    // The first error is the one to tell; whoever sees it looks for the file.
    try? OpenFile.open([0x2E], .directoryFollowing).unlink(path)
  }

  private func requireRoom(on device: OpenFile, for length: Int64) throws {
    let room: Int64
    do throws(SystemError) {
      room = try device.length()
    } catch {
      throw EngineError(.targetUnusable, "cannot restore to \(device.path): \(error.reason)", cause: error.cause)
    }
    guard room >= length else {
      throw EngineError(
        .targetUnusable,
        "cannot restore \(request.point.source)@\(request.point.id) to \(device.path): it has \(room) bytes, the image \(length)",
        hint: "make a volume of at least \(length) bytes")
    }
  }

  private func failed(_ error: SystemError, _ path: String) -> EngineError {
    EngineError(
      .restoreFailed, "cannot restore \(request.point.source)@\(request.point.id) to \(path): \(error.reason)",
      cause: error.cause,
      hint: error.isFull
        ? "free space there (of a thin pool: `lvs -a`), then restore again" : "look at the kernel's messages (`dmesg`)")
  }

  // MARK: - As a stream

  /// Writes the image to an output from its beginning to its end. Holes are zeros, or holes of an empty regular file.
  ///
  /// - Throws: `RepositoryError` `noSuchEntry`, `damaged` after what precedes the damage was written; `SystemError` of writing;
  ///   `CancellationError`.
  public func stream(to output: OpenFile, progress: RestoreProgress, cancellation: Cancellation) throws {
    let chunks = try chunks()
    var cursor = try cursor(chunks)
    let content = try FileContent(chunks)
    let status = try output.status()
    let isSparse = status.kind == .file && status.size == 0
    while let (offset, extent) = try cursor.next() {
      try cancellation.check()
      if isSparse, extent.chunk == nil {
        // Writing goes on at the end, which this moves on.
        try output.setSize(offset + extent.length)
        _ = try output.length()
        continue
      }
      var piece = cursor.entry
      piece.extents = [extent]
      try content.read(piece) { bytes in
        try output.write(bytes)
        return true
      }
      progress.add(entries: 0, bytes: extent.chunk == nil ? 0 : extent.length)
    }
  }
}

/// What a restore of an image did.
public struct ImageRestoreReport: Sendable {
  /// What a comparison afterwards found.
  public struct Comparison: Sendable, Hashable {
    /// Bytes that were compared.
    public var bytes: Int64 = 0
    /// How many extents of the image differ.
    public var differing = 0
    /// Where the first of them begin.
    public var firstOffsets: [Int64] = []
  }

  /// Bytes of the image.
  public let length: Int64
  /// Bytes written; holes that needed no writing are left out.
  public internal(set) var writtenBytes: Int64 = 0
  /// What the comparison found, if one was asked for.
  public internal(set) var comparison: Comparison?
  /// How long it took, the comparison left out.
  public internal(set) var seconds = 0.0

  /// Whether the target is as the point has it, as far as is known.
  public var isComplete: Bool { (comparison?.differing ?? 0) == 0 }

  init(length: Int64) { self.length = length }
}
