public import BackupModel
import Subprocess
import SystemPackage

extension ChildCommand {
  /// Runs the program to its end and keeps what it wrote to standard output.
  ///
  /// Cancelling the task stops the program, with everything in its session's process group, and waits for its end.
  /// - Throws: ``ChildError``; `CancellationError`. A program that ends with another code than 0 isn't an error here.
  public func run() async throws -> ChildResult {
    let output = Gathered(limit: outputLimit)
    let result = try await execute { bytes in try await output.append(bytes) }
    return ChildResult(end: result.end, output: await output.bytes, lastWords: result.lastWords)
  }

  /// Runs the program and hands over each line of its standard output as it comes, without its newline.
  ///
  /// - Parameters:
  ///   - longestLine: a longer one is an error, as is more output than ``outputLimit`` in all.
  ///   - file: what its standard input is instead of ``input``, such as the reading end of a pipe; it stays open here.
  ///   - body: called one line at a time; what it throws stops the program.
  /// - Throws: ``ChildError``; what `body` throws; `CancellationError`.
  public func run(
    longestLine: ByteCount = ByteCount(1 << 20), reading file: OpenFile? = nil,
    onLine body: @escaping @Sendable ([UInt8]) async throws -> Void
  ) async throws -> ChildResult {
    let lines = LineSplitter(longest: longestLine, limit: outputLimit)
    let result = try await execute(reading: file) { bytes in
      for line in try await lines.append(bytes) { try await body(line) }
    }
    if let rest = await lines.rest { try await body(rest) }
    return result
  }

  /// Runs the program with its standard output going to an open file, such as the writing end of a pipe.
  ///
  /// The file stays open here; ``outputLimit`` doesn't apply.
  /// - Throws: ``ChildError``; `CancellationError`.
  public func run(writingTo file: OpenFile) async throws -> ChildResult {
    try await limited { family in
      let words = LastWords()
      let feed = try ChildFeed(input)
      let result = try await Subprocess.run(
        configuration, input: feed.source,
        output: .fileDescriptor(
          FileDescriptor(rawValue: file.descriptor), closeAfterSpawningProcess: false),
        error: .sequence
      ) { execution in
        family.begin(execution.processIdentifier.value)
        feed.begin()
        for try await buffer in execution.standardError { await words.append(bytes(of: buffer)) }
      }
      return ChildResult(end: Self.end(result.terminationStatus), lastWords: await words.lines)
    }
  }

  private func execute(
    reading file: OpenFile? = nil, _ onOutput: @escaping @Sendable ([UInt8]) async throws -> Void
  ) async throws -> ChildResult {
    try await limited { family in
      let words = LastWords()
      let feed = try ChildFeed(input, file: file)
      let result = try await Subprocess.run(
        configuration, input: feed.source, output: .sequence, error: .sequence
      ) { execution in
        family.begin(execution.processIdentifier.value)
        feed.begin()
        try await withThrowingTaskGroup { group in
          let (output, error) = (execution.standardOutput, execution.standardError)
          group.addTask { for try await buffer in output { try await onOutput(bytes(of: buffer)) } }
          group.addTask { for try await buffer in error { await words.append(bytes(of: buffer)) } }
          do {
            while try await group.next() != nil {}
          } catch {
            // The program may be waiting for someone to read what it writes: then its other stream never ends by itself.
            await execution.teardown(using: configuration.platformOptions.teardownSequence)
            throw error
          }
        }
      }
      return ChildResult(end: Self.end(result.terminationStatus), lastWords: await words.lines)
    }
  }

  /// Runs `body`, but not longer than the time limit, and gives its errors words.
  private func limited(
    _ body: @escaping @Sendable (ProcessFamily) async throws -> ChildResult
  ) async throws -> ChildResult {
    let family = ProcessFamily()
    do {
      let result = try await withinTime { try await Self.startedAgain { try await body(family) } }
      // A program that was stopped has ended too, but not by itself.
      try Task.checkCancellation()
      return result
    } catch {
      family.kill()
      guard let error = error as? SubprocessError else { throw error }
      try Task.checkCancellation()
      throw described(error)
    }
  }

  private func withinTime(_ body: @escaping @Sendable () async throws -> ChildResult) async throws -> ChildResult {
    guard let timeLimit else { return try await body() }
    return try await withThrowingTaskGroup(of: ChildResult?.self) { group in
      group.addTask { try await body() }
      group.addTask {
        try await ContinuousClock().sleep(for: timeLimit)
        return nil
      }
      defer { group.cancelAll() }
      if let first = try await group.next(), let result = first { return result }
      throw ChildError(
        .timedOut, "cannot run \(text): it took longer than \(timeLimit.inSeconds) s and was stopped")
    }
  }

  /// How often a program is started whose file somebody has open for writing, and how long is waited between.
  private static let attempts = 50
  private static let attemptPause = Duration.milliseconds(20)

  /// Starts a program again if its file is just being written (execve(2), ETXTBSY): one that was installed a moment ago, whose writer
  /// has a child that didn't come to its own execve yet, is busy for that long.
  private static func startedAgain(
    _ body: @escaping @Sendable () async throws -> ChildResult
  ) async throws -> ChildResult {
    for _ in 1..<attempts {
      do {
        return try await body()
      } catch let error as SubprocessError where error.code == .spawnFailed && error.underlyingError == .textFileBusy {
        try await ContinuousClock().sleep(for: attemptPause)
      }
    }
    return try await body()
  }

  private func described(_ error: SubprocessError) -> ChildError {
    switch error.code {
    case .executableNotFound, .spawnFailed, .failedToChangeWorkingDirectory:
      ChildError(
        .notStarted, "cannot run \(executable): it is not installed or not executable", cause: error.description,
        hint: "check `command -v \(executable)`")
    default: ChildError(.lost, "cannot run \(text): \(error.code)", cause: error.description)
    }
  }

  private var configuration: Configuration {
    var options = PlatformOptions()
    options.createSession = true
    options.teardownSequence = [.gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: stopGrace)]
    return Configuration(
      executable: path.map { .path(FilePath($0)) } ?? .name(executable),
      arguments: Arguments(arguments),
      environment: .inherit.updating(
        Dictionary(uniqueKeysWithValues: environment.map { (Environment.Key(stringLiteral: $0.key), $0.value) })),
      platformOptions: options)
  }

  private static let ownPath = environmentVariables()["PATH"]

  /// The program's file; nil if it isn't on `PATH`, which starting it by name then says.
  private var path: String? {
    if executable.contains("/") { return executable }
    return (environment["PATH"] ?? Self.ownPath).flatMap { ProgramPath(directories: $0).find(executable) }
  }

  private static func end(_ status: TerminationStatus) -> ChildResult.End {
    switch status {
    case .exited(let code): .exited(code)
    case .signaled(let signal): .killed(signal: signal)
    }
  }
}

// Unsafe code: the library hands out its buffer as a raw span, which can only be copied byte by byte without it. The
// pointer doesn't leave the closure.
private func bytes(of buffer: SubprocessOutputSequence.Buffer) -> [UInt8] {
  buffer.withUnsafeBytes { Array($0) }
}
