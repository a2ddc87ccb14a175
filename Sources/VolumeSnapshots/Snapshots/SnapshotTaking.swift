import BackupModel
public import HostSystem

/// Takes snapshots of thin volumes.
///
/// A crash leaves complete snapshots with our tags, or, of several that were to share one instant, some marked unfinished;
/// nothing without our tags.
public struct SnapshotTaking: Sendable {
  /// Plans, from the inventory, which of our snapshots may go to make room.
  public typealias PlanningRoom = @Sendable (VolumeInventory) async throws -> SnapshotRetentionPlan

  private let tools: any ToolRunning
  private let leases: any VolumeLeasing
  private let clock: any HostClock
  private let sleep: @Sendable (Duration) async throws -> Void

  /// Takes with these tools.
  ///
  /// - Parameters:
  ///   - clock: dates the snapshots.
  ///   - sleep: waits for time limits and between attempts; throws when cancelled.
  public init(
    tools: any ToolRunning, leases: any VolumeLeasing, clock: any HostClock,
    sleep: @escaping @Sendable (Duration) async throws -> Void
  ) {
    self.tools = tools
    self.leases = leases
    self.clock = clock
    self.sleep = sleep
  }

  /// Takes a snapshot of each volume; several share one instant, or none is made.
  ///
  /// - Parameter room: which of our snapshots may go if a pool is too full; those of that pool go oldest first, only until
  ///   it is below its limits.
  /// - Throws: ``VolumeError`` `notFound` if a volume isn't there or isn't thin, `noSpace` or `poolUnhealthy` if its pool
  ///   can't take it, `hookFailed`, `busy` if volumes would have been suspended for too long, `toolFailed`.
  public func take(_ request: SnapshotRequest, room: PlanningRoom) async throws -> TakenSnapshots {
    var inventory = try await read()
    let origins = try request.origins.map { name throws(VolumeError) in try inventory.volume(name) }
    guard Set(request.origins).count == origins.count else {
      throw VolumeError(.refused, "cannot take snapshots: a volume is named twice")
    }
    let roomMaker = PoolRoom(tools: tools, sleep: sleep)
    var made = PoolRoom.Made()
    for origin in origins {
      let more = try await roomMaker.check(origin, in: inventory, limits: request.limits, plan: room)
      made.add(more)
      if !more.removed.isEmpty { inventory = try await read() }
    }
    let names = try names(of: origins, in: inventory)
    let (taken, thawFailure) = try await frozen(request) {
      try await create(names, of: origins, for: request)
    }
    return TakenSnapshots(
      snapshots: taken.snapshots, inventory: taken.inventory, removed: made.removed,
      warnings: made.warnings + [thawFailure].compactMap(\.self))
  }

  /// The options of `lvcreate` for a snapshot: never a moment without its tags, inactive unless its flag is to be ignored.
  static func arguments(
    name: VolumeName, of origin: VolumeName, permission: String, tags: SnapshotTags, skipsActivation: Bool = true
  ) -> [String] {
    ["--yes", "--snapshot", "--setactivationskip", skipsActivation ? "y" : "n", "--permission", permission]
      + tags.encoded.flatMap { ["--addtag", $0] } + ["--name", name.volume, origin.description]
  }

  private func read() async throws -> VolumeInventory { try await InventoryReader(tools: tools).read() }

  private func names(of origins: [ThinVolume], in inventory: VolumeInventory) throws -> [VolumeName] {
    var taken = inventory.takenNames
    return try origins.map { origin in
      let name = try SnapshotName.next(for: origin.name, at: clock.now(), taken: taken)
      taken.insert(name)
      return name
    }
  }

  private func frozen<Result: Sendable>(
    _ request: SnapshotRequest, _ body: @Sendable () async throws -> Result
  ) async throws -> (Result, VolumeError?) {
    guard let hooks = request.hooks else { return (try await body(), nil) }
    // A process that dies before it thaws leaves the lease, by which the next start does it.
    let lease = try await leases.acquire(.frozen(request.origins, thaw: hooks.thaw))
    do {
      let outcome = try await hooks.around(tools: tools, sleep: sleep, body)
      try await lease.release()
      return outcome
    } catch {
      // Thawing was tried; an error of the notes isn't the one to tell.
      try? await lease.release()
      throw error
    }
  }

  private func create(
    _ names: [VolumeName], of origins: [ThinVolume], for request: SnapshotRequest
  ) async throws -> (snapshots: [VolumeSnapshot], inventory: VolumeInventory) {
    let isTogether = names.count > 1
    do {
      for (name, origin) in zip(names, origins) {
        try Task.checkCancellation()
        try await create(name, of: origin, for: request, isUnfinished: isTogether)
      }
      if isTogether { try await giveOneInstant(names, of: origins, for: request) }
      let inventory = try await read()
      let snapshots = try names.map { name in
        guard let snapshot = VolumeSnapshot(try inventory.volume(name)), !snapshot.tags.isUnfinished else {
          throw VolumeError(.refused, "cannot use the new snapshot \(name): another program changed its tags")
        }
        return snapshot
      }
      return (snapshots, inventory)
    } catch {
      await removeAll(names)
      throw error
    }
  }

  private func create(
    _ name: VolumeName, of origin: ThinVolume, for request: SnapshotRequest, isUnfinished: Bool
  ) async throws {
    var tags = SnapshotTags(
      run: request.run, schedule: request.schedule, origin: origin.name.volume, created: clock.now(),
      purpose: request.purpose, isBase: request.areBases)
    tags.isUnfinished = isUnfinished
    let result = try await tools.uncancelled(
      "lvcreate", Self.arguments(name: name, of: origin.name, permission: "r", tags: tags))
    if result.isSuccess { return }
    let words = result.lastWords.suffix(3).joined(separator: " | ")
    guard try await read().volume(origin.name).uuid == origin.uuid else {
      throw VolumeError(
        .notFound, "cannot take a snapshot of \(origin.name): another volume has its name now", cause: words)
    }
    throw VolumeError(
      .toolFailed, "cannot take a snapshot of \(origin.name): lvcreate \(result.end)", cause: words)
  }

  private func giveOneInstant(
    _ names: [VolumeName], of origins: [ThinVolume], for request: SnapshotRequest
  ) async throws {
    let inventory = try await read()
    let pairs = try zip(names, origins).map { name, origin in
      let now = try inventory.volume(origin.name)
      let snapshot = try inventory.volume(name)
      guard now.uuid == origin.uuid, now.thinID == origin.thinID, snapshot.originUUID == origin.uuid,
        SnapshotTags(snapshot.tags)?.isUnfinished == true
      else {
        throw VolumeError(.refused, "cannot take a snapshot of \(origin.name): another program replaced it meanwhile")
      }
      return SharedInstant.Pair(snapshot: snapshot, origin: now)
    }
    let instant = SharedInstant(
      tools: tools, leases: leases, clock: clock, sleep: sleep, limit: request.suspensionLimit)
    try await instant.give(pairs)
    // A change of LVM's metadata meanwhile could have given a number to another volume, or have resumed one too early.
    for group in Set(names.map(\.group)) {
      guard try await read().group(group).sequence == inventory.group(group).sequence else {
        throw VolumeError(
          .busy, "cannot take snapshots of one instant in \(group): another program changed the group meanwhile")
      }
    }
    let result = try await tools.uncancelled(
      "lvchange", ["--deltag", SnapshotTags.unfinished] + names.map(\.description))
    guard result.isSuccess else {
      throw VolumeError(
        .toolFailed, "cannot mark snapshots as finished: lvchange \(result.end)",
        cause: result.lastWords.suffix(3).joined(separator: " | "))
    }
  }

  /// Removes what was made of a request that failed. What can't be removed keeps our tags, and retention removes it.
  private func removeAll(_ names: [VolumeName]) async {
    await Task {
      let removal = SnapshotRemoval(tools: tools, sleep: sleep)
      for name in names {
        // The error that is already on its way is the one to tell.
        _ = try? await removal.remove(name)
      }
    }.value
  }
}
