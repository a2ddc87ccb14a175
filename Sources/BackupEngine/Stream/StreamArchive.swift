import BackupArchive
import BackupModel
public import BackupRepository
public import HostSystem

/// Archives a stream: makes one recovery point of what a program writes, if the program says that it is whole.
public struct StreamArchive: Sendable {
  /// What is archived, and how.
  public struct Request: Sendable {
    /// Where the point goes, and how it is written.
    public var point: PointRequest
    /// The name of the content in the point: one component, neither `.` nor `..`.
    public var file: String
    /// Whether an output of no bytes is nothing unusual.
    public var mayBeEmpty = false

    /// Asks for a stream to be archived.
    public init(_ point: PointRequest, file: String) {
      self.point = point
      self.file = file
    }
  }

  private let request: Request
  private let clock: any HostClock

  /// Prepares an archive.
  public init(_ request: Request, clock: any HostClock) {
    self.request = request
    self.clock = clock
  }

  /// Runs a command and archives what it writes to its standard output.
  ///
  /// The source is locked before the command starts. A point is published only if the command ends with code 0 and its whole
  /// output was read; until then at most a few slices of it are in memory. Cancelling the task stops the command.
  /// - Returns: the published point.
  /// - Throws: ``EngineError`` `commandFailed` if the command ends in another way; `ChildError` if it can't be started or takes
  ///   too long; `RepositoryError`; `CancellationError`. No point is published then, and what was stored
  ///   serves the next attempt.
  public func run(_ command: ChildCommand, progress: ArchiveProgress) async throws -> RecoveryPoint {
    let source = request.point.store.source
    return try await run(try OpenFile.pipe(), progress: progress) { writing in
      let result = try await command.run(writingTo: writing)
      guard result.isSuccess else {
        throw EngineError(
          .commandFailed, "cannot archive \(source): \(command.executable) \(result.end)",
          cause: result.lastWords.isEmpty ? nil : result.lastWords.suffix(3).joined(separator: " | "),
          hint: "no point was made; run the command by itself to see why: \(command.text)")
      }
    }
  }

  /// Archives what comes through a pipe while `produce` runs.
  ///
  /// - Parameters:
  ///   - pipe: both ends; `produce` gets the writing one, which is closed when it has returned.
  ///   - produce: has the content written; throws if what was written isn't to be used.
  func run(
    _ pipe: (reading: OpenFile, writing: OpenFile), progress: ArchiveProgress,
    produce: @escaping @Sendable (OpenFile) async throws -> Void
  ) async throws -> RecoveryPoint {
    let (reading, writing) = pipe
    let cancellation = Cancellation()
    let verdict = Monitor<Result<Void, any Error>?>(nil)
    let (readiness, announce) = AsyncStream.makeStream(of: Void.self)
    return try await withTaskCancellationHandler {
      try await withThrowingTaskGroup(of: RecoveryPoint?.self) { group in
        group.addTask {
          // Nothing comes if the source couldn't be locked: then the program isn't started at all.
          guard await readiness.contains(where: { true }) else {
            verdict.update { $0 = .failure(CancellationError()) }
            return nil
          }
          var result = Result<Void, any Error>.success(())
          do {
            try await produce(writing)
            // Its error would say nothing: nothing was written through this end.
            try? writing.close()
          } catch {
            result = .failure(error)
            try? writing.close()  // As above.
          }
          let said = result
          verdict.update { $0 = said }
          return nil
        }
        group.addTask {
          defer { announce.finish() }
          return try await withWorkerThread {
            try store(reading, progress, cancellation, isReady: { announce.yield() }) {
              try verdict.wait { $0 }.get()
            }
          }
        }
        while let next = try await group.next() {
          if let point = next { return point }
        }
        throw CancellationError()
      }
    } onCancel: {
      cancellation.cancel()
    }
  }

  /// Reads, stores and publishes, on this thread and its helpers.
  private func store(
    _ reading: OpenFile, _ progress: ArchiveProgress, _ cancellation: Cancellation, isReady: () -> Void,
    verdict: @escaping @Sendable () throws -> Void
  ) throws -> RecoveryPoint {
    let begun = clock.now()
    let isFresh = try request.point.store.packNames().isEmpty
    let point = PointArchive(
      request: request.point, begun: begun, origin: nil,
      rules: SuspicionRules(
        collapseShare: request.point.suspiciousBelow, mayBeEmpty: request.mayBeEmpty, subject: .stream),
      clock: clock)
    return try point.run(progress: progress) { writer, context, committer in
      isReady()
      try committer.commit(SoleFileEntries.root(begun: begun))
      let pipeline = ArchivePipeline(context, threads: request.point.threads)
      // Beside the packs of an interrupted attempt a first point can't be whole by itself without storing all of them again.
      let layout = writer.isFirst && isFresh ? SliceLayout.pieces(point: writer.id) : .parts(all: false)
      let entry = SoleFileEntries.content(request.file, begun: begun)
      let unfinished = Monitor<PointArchive.Unfinished?>(nil)
      let reader = WorkerThread {
        do {
          try StreamReader(context: context, submit: { try pipeline.submit($0) }, cancellation: cancellation)
            .read(entry, from: reading, layout: layout) {
              do {
                try verdict()
              } catch {
                throw PointArchive.Unfinished(reason: error)
              }
            }
          pipeline.complete()
        } catch let error as PointArchive.Unfinished {
          // What was read so far is stored for the next attempt.
          unfinished.update { $0 = error }
          pipeline.complete()
        } catch {
          pipeline.complete(error)
        }
      }
      defer {
        reader.join()
        pipeline.join()
      }
      do {
        while let result = try pipeline.nextResult() { try committer.commit(result) }
      } catch {
        // The reader must not go on waiting for what nobody takes any more.
        cancellation.cancel()
        pipeline.complete(error)
        throw error
      }
      if let error = unfinished.update({ $0 }) { throw error }
    }
  }
}
