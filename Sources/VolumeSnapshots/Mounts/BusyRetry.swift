/// Tries again, a limited number of times, what fails while something is in use for a moment: udev looks at each device that was written to.
public struct BusyRetry: Sendable {
  private let attempts: Int
  private let pause: Duration
  private let sleep: @Sendable (Duration) async throws -> Void

  /// Describes how often and how long.
  ///
  /// - Parameters:
  ///   - attempts: how often in all; at least once.
  ///   - pause: how long between two attempts.
  public init(
    attempts: Int = 30, pause: Duration = .seconds(1),
    sleep: @escaping @Sendable (Duration) async throws -> Void = { try await ContinuousClock().sleep(for: $0) }
  ) {
    self.attempts = max(1, attempts)
    self.pause = pause
    self.sleep = sleep
  }

  /// Calls `obstacle` until it returns nil.
  ///
  /// - Parameters:
  ///   - purpose: as in `cannot <purpose>`.
  ///   - obstacle: tries, and returns what is still in the way.
  /// - Throws: ``VolumeError`` `busy` with the last obstacle as its cause; what `obstacle` throws.
  func untilNone(_ purpose: String, hint: String, _ obstacle: () async throws -> String?) async throws {
    var last: String?
    for attempt in 1...attempts {
      guard let found = try await obstacle() else { return }
      last = found
      if attempt < attempts { try await sleep(pause) }
    }
    throw VolumeError(
      .busy, "cannot \(purpose): it is still in use after \(attempts) attempts", cause: last, hint: hint)
  }
}
