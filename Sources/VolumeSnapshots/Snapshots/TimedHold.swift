/// Runs a body while something is held still, and releases it exactly once: after the body, or at a time limit during it.
struct TimedHold: Sendable {
  /// How long it may be held.
  let limit: Duration
  /// Waits; throws when cancelled.
  let sleep: @Sendable (Duration) async throws -> Void

  /// How a hold ended.
  struct Outcome<Result: Sendable, Released: Sendable>: Sendable {
    /// What the body returned or threw.
    let result: Swift.Result<Result, any Error>
    /// What the release returned.
    let released: Released
    /// Whether the release came before the body had ended: then the body's result isn't of one instant.
    let isLate: Bool
  }

  /// Runs `body` to its end in any case; a release at the limit lets the others go on meanwhile.
  func run<Result: Sendable, Released: Sendable>(
    release: @escaping @Sendable () async -> Released, _ body: @Sendable () async throws -> Result
  ) async -> Outcome<Result, Released> {
    await withTaskGroup(of: Released?.self) { group in
      group.addTask {
        // A sleep that ends early was cancelled: the body has ended, or ends soon, since it is cancelled too.
        do { try await sleep(limit) } catch { return nil }
        return await release()
      }
      let result: Swift.Result<Result, any Error>
      do { result = .success(try await body()) } catch { result = .failure(error) }
      group.cancelAll()
      if let released = await group.next() ?? nil {
        return Outcome(result: result, released: released, isLate: true)
      }
      return Outcome(result: result, released: await release(), isLate: false)
    }
  }
}
