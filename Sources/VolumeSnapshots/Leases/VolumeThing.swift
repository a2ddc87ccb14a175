/// Something short-lived that is made around the reading of a volume and must not outlive its process.
public enum VolumeThing: Hashable, Sendable {
  /// A throwaway snapshot, removed with all that is in it. Its tags prove that it is ours.
  case snapshot(VolumeName)
  /// A snapshot that was activated and is to be deactivated, not removed.
  case activation(VolumeName)
  /// A LUKS mapping under `/dev/mapper`, opened on a device.
  case mapping(name: String, device: String)
  /// A mounted file system, mounted from a device; the directory is removed too.
  case mount(path: String, device: String)
  /// The metadata snapshot of a pool: one for the whole host.
  case metadataHold(pool: VolumeName)
  /// The application on some volumes that a command held still, and that this command, an argument vector, lets go on. It is harmless
  /// when nothing is held.
  case frozen([VolumeName], thaw: [String])
  /// A group of volumes that is suspended and must be resumed.
  case suspension([VolumeName])
}

/// Keeps durable notes of things, written before they are made.
public protocol VolumeLeasing: Sendable {
  /// Notes that a thing is about to be made.
  ///
  /// - Throws: if it couldn't be noted, or another process holds a lease on the same thing: then the thing must not be made.
  func acquire(_ thing: VolumeThing) async throws -> any VolumeLease
}

/// A durable note of one thing.
public protocol VolumeLease: Sendable {
  /// Notes more about the thing, durably, in place of what was noted by this before; a later run that finds the lease is
  /// given it.
  func amend(details: [String: String]) async throws
  /// Ends the note; called when the thing is gone.
  func release() async throws
}

extension VolumeLeasing {
  /// Makes a thing under a lease, uses it and removes it.
  ///
  /// Removing runs in a task that no cancellation reaches, however `use` ended. If it fails, the lease stays, and a later run
  /// removes the thing by it.
  /// - Parameters:
  ///   - make: makes the thing; if it throws, `remove` runs too, since it may have been made in part.
  ///   - remove: removes the thing; does nothing if it isn't there.
  /// - Throws: what the first of `make`, `use` and `remove` throws.
  public func with<Made: Sendable, Result: Sendable>(
    _ thing: VolumeThing, make: @Sendable () async throws -> Made,
    remove: @escaping @Sendable () async throws -> Void,
    use: @Sendable (Made) async throws -> Result
  ) async throws -> Result {
    let lease = try await acquire(thing)
    let outcome: Swift.Result<Result, any Error>
    do { outcome = .success(try await use(try await make())) } catch { outcome = .failure(error) }
    do {
      try await Task {
        try await remove()
        try await lease.release()
      }.value
    } catch {
      if case .failure(let first) = outcome { throw first }
      throw error
    }
    return try outcome.get()
  }
}
