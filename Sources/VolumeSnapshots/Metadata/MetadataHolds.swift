public import HostSystem

/// Holds the metadata snapshot of pools: one for each pool of the host, for seconds, released with certainty.
///
/// The kernel has one metadata snapshot a pool, for every program of the host, and it outlives its maker. So: a lock of
/// the pool among our own processes, a lease, then the reserve, then a mark in the lease by which the hold is known again
/// (``HoldMark``). A hold that no lease proves to be ours is never released.
public struct MetadataHolds: Sendable {
  /// Reads a piece of a device, past every cache.
  public typealias ReadDevice = @Sendable (_ device: String, _ offset: Int64, _ count: Int) throws -> [UInt8]

  let tools: any ToolRunning
  private let leases: any VolumeLeasing
  private let directory: PathBytes
  private let holder: String
  private let attempts: Int
  private let pause: @Sendable () async throws -> Void
  private let readDevice: ReadDevice

  /// Prepares to hold.
  ///
  /// - Parameters:
  ///   - directory: an existing directory for the locks of pools, the same for all processes of this host.
  ///   - holder: who asks, for whoever finds a pool held.
  ///   - attempts: how often to try for a pool that another process of ours holds.
  ///   - pause: waits between two tries.
  public init(
    tools: any ToolRunning, leases: any VolumeLeasing, directory: PathBytes, holder: String, attempts: Int = 600,
    pause: @escaping @Sendable () async throws -> Void = { try await Task.sleep(for: .milliseconds(200)) },
    readDevice: @escaping ReadDevice = MetadataHolds.readUncached
  ) {
    self.tools = tools
    self.leases = leases
    self.directory = directory
    self.holder = holder
    self.attempts = attempts
    self.pause = pause
    self.readDevice = readDevice
  }

  /// Holds the metadata of a pool while they are read.
  ///
  /// The hold is released in a task that no cancellation reaches. A crash leaves the lease and perhaps the hold, for
  /// ``removeLeftover(of:noted:)``.
  /// - Throws: ``VolumeError`` `busy` if another program holds them, or ended our hold while they were read: then what was
  ///   read isn't returned, since it can't be trusted; `poolUnhealthy`, `toolFailed`; what `read` throws.
  public func with<Result: Sendable>(
    _ pool: MetadataPool, read: @Sendable (ThinMetadata) async throws -> Result
  ) async throws -> Result {
    let lock = try await PoolLock(
      of: pool.name, uuid: pool.uuid, in: directory, holder: holder, attempts: attempts, pause: pause)
    defer { withExtendedLifetime(lock) {} }
    // Looked at before anything is noted: a process that dies with a lease beside a stranger's hold would leave a riddle.
    if let standing = try await hold(in: pool.name) { throw foreignHold(standing, pool.name) }
    let lease = try await leases.acquire(.metadataHold(pool: pool.name))
    // Cut short by a cancellation, it would leave open whether the hold was made.
    let reserved = await Task { await self.reserve(pool.name, lease) }.value
    let mark: HoldMark
    switch reserved {
    case .success(let made): mark = made
    case .failure(let error): throw error
    }
    let outcome: Swift.Result<Result, any Error>
    do {
      outcome = .success(
        try await read(ThinMetadata(of: pool, on: MetadataPool.metadataDevice(of: pool.name), tools: tools)))
    } catch {
      outcome = .failure(error)
    }
    let end = await Task { await self.release(mark, of: pool.name, lease) }.value
    switch (end, outcome) {
    case (.released, _): break
    case (.lost(let error), _): throw error
    case (.failed(let error), .success): throw error
    // The lease stays, and the next start releases by it; what went wrong first matters more.
    case (.failed, .failure): break
    }
    return try outcome.get()
  }

  /// Removes the hold that a dead process left behind, if a mark proves it ours.
  ///
  /// Does nothing if no hold stands, or another one than was marked: ours is gone then.
  /// - Parameters:
  ///   - pool: the pool of the lease.
  ///   - noted: the details of the lease.
  /// - Throws: ``VolumeError`` `busy` if a hold stands and the process died before it could mark its own, or if
  ///   another process is at it: the hold stays, and so must the lease; `notFound` if the pool isn't active, where it
  ///   can't be seen; `toolFailed`.
  public func removeLeftover(of pool: VolumeName, noted: [String: String]) async throws {
    let device = MetadataPool.messageDevice(of: pool)
    guard let mapped = try await MappedDevices.read(tools, to: "find the pool \(pool)").device(device) else {
      throw VolumeError(
        .notFound, "cannot see whether the pool \(pool) still has a metadata snapshot of ours: it isn't active",
        hint: "activate it with `lvchange -ay \(pool)`; if the pool is gone for good, nothing is left to release")
    }
    // LVM-<32 of the group><32 of the volume>-tpool
    let uuid = String(mapped.uuid.dropFirst(4).dropFirst(32).prefix(32))
    let lock = try await PoolLock(
      of: pool, uuid: uuid, in: directory, holder: holder, attempts: attempts, pause: pause)
    defer { withExtendedLifetime(lock) {} }
    guard let standing = try await hold(in: pool) else { return }
    guard let mark = HoldMark(details: noted) else {
      throw VolumeError(
        .busy,
        "cannot tell whose metadata snapshot stands in the pool \(pool): a run of ours died while it was about to make one",
        cause: "the held root is block \(standing.root); a lease notes no block",
        hint: "if no other program reads this pool now: `dmsetup message \(device) 0 release_metadata_snap`")
    }
    guard standing.root == mark.root, try read(standing, pool) == mark else { return }
    try await message("release_metadata_snap", pool)
  }

  // MARK: - Steps

  private func reserve(_ pool: VolumeName, _ lease: any VolumeLease) async -> Swift.Result<HoldMark, any Error> {
    do {
      let result = try await tools.run(
        "dmsetup", ["message", MetadataPool.messageDevice(of: pool), "0", "reserve_metadata_snap"], input: [],
        timeLimit: .seconds(120))
      if case .exited(let code) = result.end, code != 0 {
        // The kernel said no, most often because a hold stands (EBUSY): there is nothing of ours.
        try await lease.release()
        let standing = try await hold(in: pool)
        throw standing.map { foreignHold($0, pool) } ?? refused(pool, result)
      }
      // Killed: whether the hold was made isn't known, so the lease stays and the next start looks.
      guard result.isSuccess else { throw refused(pool, result) }
    } catch {
      return .failure(error)
    }
    // From here on the hold is ours by the kernel's word.
    do {
      guard let standing = try await hold(in: pool) else { throw lostHold(pool, "none stands right after the reserve") }
      let mark = try read(standing, pool)
      try await lease.amend(details: mark.details)
      return .success(mark)
    } catch let first {
      do {
        try await message("release_metadata_snap", pool)
        try await lease.release()
      } catch {
        // The lease stays; why there is no mark matters more.
      }
      return .failure(first)
    }
  }

  private enum End {
    case released
    /// It was ended by another program while it was read.
    case lost(VolumeError)
    case failed(any Error)
  }

  private func release(_ mark: HoldMark, of pool: VolumeName, _ lease: any VolumeLease) async -> End {
    do {
      let standing = try await hold(in: pool)
      guard let standing, standing.root == mark.root else {
        try await lease.release()
        return .lost(
          lostHold(
            pool,
            standing.map { "it was at block \(mark.root), now one stands at \($0.root)" } ?? "none stands any more"))
      }
      try await message("release_metadata_snap", pool)
      try await lease.release()
      return .released
    } catch {
      return .failed(error)
    }
  }

  private func hold(in pool: VolumeName) async throws -> PoolHold? {
    let status = try await tools.output(
      of: "dmsetup", ["status", MetadataPool.messageDevice(of: pool)], to: "see the state of the pool \(pool)")
    return try PoolHold.parse(status, pool: pool)
  }

  private func read(_ hold: PoolHold, _ pool: VolumeName) throws -> HoldMark {
    let device = MetadataPool.metadataDevice(of: pool)
    return try HoldMark.read(hold) { try readDevice(device, $0, $1) }
  }

  private func message(_ text: String, _ pool: VolumeName) async throws {
    _ = try await tools.output(
      of: "dmsetup", ["message", MetadataPool.messageDevice(of: pool), "0", text],
      to: "\(text == "release_metadata_snap" ? "release" : "hold") the metadata of the pool \(pool)")
  }

  private func refused(_ pool: VolumeName, _ result: ChildResult) -> VolumeError {
    VolumeError(
      .toolFailed, "cannot hold the metadata of the pool \(pool): dmsetup \(result.end)",
      cause: result.lastWords.isEmpty ? nil : result.lastWords.suffix(3).joined(separator: " | "))
  }

  private func foreignHold(_ hold: PoolHold, _ pool: VolumeName) -> VolumeError {
    VolumeError(
      .busy, "cannot hold the metadata of the pool \(pool): another program has a metadata snapshot of it",
      cause: "the held root is block \(hold.root), which no lease of ours notes",
      hint: "wait for that program; if none runs: `dmsetup message \(MetadataPool.messageDevice(of: pool)) 0 "
        + "release_metadata_snap`")
  }

  private func lostHold(_ pool: VolumeName, _ cause: String) -> VolumeError {
    VolumeError(
      .busy,
      "cannot trust what was read of the metadata of the pool \(pool): another program ended our metadata snapshot",
      cause: cause, hint: "don't let two programs read the metadata of one pool at a time")
  }
}
