import HostSystem

/// Commands that hold an application still while a snapshot is made, such as a guest agent's freeze and thaw.
public struct FreezeHooks: Hashable, Sendable {
  /// Holds the application still: an argument vector.
  public var freeze: [String]
  /// Lets it go on: an argument vector. Must be harmless when nothing is frozen.
  public var thaw: [String]
  /// How long each command may take, and how long the application is held still at most.
  public var timeLimit: Duration

  /// Describes hooks.
  public init(freeze: [String], thaw: [String], timeLimit: Duration) {
    self.freeze = freeze
    self.thaw = thaw
    self.timeLimit = timeLimit
  }

  /// Holds the application still while `body` runs.
  ///
  /// Thawing always runs, and no cancellation reaches it: also when freezing failed or took too long, since it may have frozen
  /// in part. If `body` takes longer than the limit, the application goes on at the limit, while `body` still runs.
  /// - Returns: what `body` returned, and the error if thawing failed: then the application may still be frozen.
  /// - Throws: ``VolumeError`` `hookFailed` if freezing failed, or if the application went on before `body` had ended;
  ///   what `body` throws.
  func around<Result: Sendable>(
    tools: any ToolRunning, sleep: @escaping @Sendable (Duration) async throws -> Void,
    _ body: @Sendable () async throws -> Result
  ) async throws -> (result: Result, thawFailure: VolumeError?) {
    do {
      try await run(freeze, "freeze the application", tools)
    } catch {
      let failure = await thawFailure(tools)
      if error is CancellationError { throw error }
      throw failure.map { Self.bothFailed(error, $0) } ?? error
    }
    let hold = TimedHold(limit: timeLimit, sleep: sleep)
    let outcome = await hold.run(release: { await thawFailure(tools) }, body)
    let result: Result
    do { result = try outcome.result.get() } catch {
      if let failure = outcome.released { throw Self.bothFailed(error, failure) }
      throw error
    }
    guard !outcome.isLate else {
      throw VolumeError(
        .hookFailed,
        "cannot take a snapshot of a frozen application: it took longer than \(timeLimit), so the application went on",
        cause: outcome.released?.message, hint: "raise `timeout:` of `freeze:`, or freeze fewer volumes together")
    }
    return (result, outcome.released)
  }

  private func thawFailure(_ tools: any ToolRunning) async -> VolumeError? {
    await Task {
      do {
        try await run(thaw, "thaw the application, which may still be frozen", tools)
        return nil
      } catch let error as VolumeError {
        return error
      } catch {
        return VolumeError(
          .hookFailed, "cannot thaw the application, which may still be frozen", cause: "\(error)", hint: thawHint)
      }
    }.value
  }

  private func run(_ vector: [String], _ purpose: String, _ tools: any ToolRunning) async throws {
    guard let program = vector.first else { return }
    do {
      let result = try await tools.run(program, Array(vector.dropFirst()), input: [], timeLimit: timeLimit)
      guard !result.isSuccess else { return }
      throw VolumeError(
        .hookFailed, "cannot \(purpose): \(program) \(result.end)",
        cause: result.lastWords.isEmpty ? nil : result.lastWords.suffix(3).joined(separator: " | "),
        hint: vector == thaw ? thawHint : nil)
    } catch let error as ChildError {
      throw VolumeError(
        .hookFailed, "cannot \(purpose): \(error.message)", cause: error.cause,
        hint: vector == thaw ? thawHint : error.hint)
    }
  }

  private var thawHint: String? { ChildCommand(vector: thaw).map { "run `\($0.text)`" } }

  private static func bothFailed(_ first: any Error, _ thaw: VolumeError) -> VolumeError {
    VolumeError(.hookFailed, thaw.message, cause: "and before that: \(first)", hint: thaw.hint)
  }
}
