import BackupModel
public import HostSystem

/// Runs the programs by which volumes are managed: lvm2, dmsetup, thin-provisioning-tools, cryptsetup, mount, kubectl.
///
/// Always argument vectors, never a shell. A fake may stand in where the real programs can't run; it passes the same suite.
public protocol ToolRunning: Sendable {
  /// Runs a program to its end and keeps its standard output.
  ///
  /// - Parameters:
  ///   - input: what it reads from its standard input, such as a key.
  ///   - timeLimit: how long it may take; then it is stopped.
  /// - Returns: how it ended, whatever its code.
  /// - Throws: `ChildError` if it isn't installed or takes too long; `CancellationError`.
  func run(_ tool: String, _ arguments: [String], input: [UInt8], timeLimit: Duration) async throws -> ChildResult

  /// Runs a program and hands over its standard output in order, piece by piece, as it comes.
  ///
  /// For output that is too large to keep; pieces may be lines.
  /// - Returns: how it ended, whatever its code; its output is empty.
  /// - Throws: as ``run(_:_:input:timeLimit:)``; what `onOutput` throws, which stops the program.
  func stream(
    _ tool: String, _ arguments: [String], timeLimit: Duration, onOutput: @escaping @Sendable ([UInt8]) throws -> Void
  ) async throws -> ChildResult
}

extension ToolRunning {
  /// Keeps the output and hands it over as one piece; for fakes.
  public func stream(
    _ tool: String, _ arguments: [String], timeLimit: Duration, onOutput: @escaping @Sendable ([UInt8]) throws -> Void
  ) async throws -> ChildResult {
    let result = try await run(tool, arguments, input: [], timeLimit: timeLimit)
    try onOutput(result.output)
    return ChildResult(end: result.end, lastWords: result.lastWords)
  }
}

extension ToolRunning {
  /// How long a program may take unless said otherwise: lvm2 may wait for the lock of another program.
  public static var usualTimeLimit: Duration { .seconds(120) }

  /// Runs a program that must end with code 0.
  ///
  /// - Parameter purpose: what it is for, as in `cannot <purpose>`.
  /// - Returns: its standard output.
  /// - Throws: ``VolumeError`` `toolFailed`; as ``run(_:_:input:timeLimit:)``.
  public func output(
    of tool: String, _ arguments: [String], to purpose: String, input: [UInt8] = [], timeLimit: Duration? = nil
  ) async throws -> [UInt8] {
    let result = try await run(tool, arguments, input: input, timeLimit: timeLimit ?? Self.usualTimeLimit)
    guard result.isSuccess else {
      throw VolumeError(
        .toolFailed, "cannot \(purpose): \(tool) \(result.end)",
        cause: result.lastWords.isEmpty ? nil : result.lastWords.suffix(3).joined(separator: " | "))
    }
    return result.output
  }
}

/// The programs of this host.
public struct HostTools: ToolRunning {
  /// Variables besides those of this process; programs speak English in any case, since their words are shown and kept.
  private let environment: [String: String]

  /// Uses the programs on `PATH`.
  public init(environment: [String: String] = [:]) {
    self.environment = environment.merging(["LC_ALL": "C", "LVM_SUPPRESS_FD_WARNINGS": "1"]) { _, ours in ours }
  }

  /// Runs a program; its standard output may be up to 1 GiB, as that of `thin_dump` of a large volume is.
  public func run(
    _ tool: String, _ arguments: [String], input: [UInt8], timeLimit: Duration
  ) async throws -> ChildResult {
    var command = ChildCommand(tool, arguments)
    command.environment = environment
    command.input = input
    command.timeLimit = timeLimit
    command.outputLimit = .gibibytes(1)
    return try await command.run()
  }

  /// Hands over the output line by line, with their newlines; none may be longer than 1 MiB, all of it not more than
  /// 64 GiB.
  public func stream(
    _ tool: String, _ arguments: [String], timeLimit: Duration, onOutput: @escaping @Sendable ([UInt8]) throws -> Void
  ) async throws -> ChildResult {
    var command = ChildCommand(tool, arguments)
    command.environment = environment
    command.timeLimit = timeLimit
    command.outputLimit = .gibibytes(64)
    return try await command.run { line in try onOutput(line + [0x0A]) }
  }
}
