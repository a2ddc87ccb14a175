import HostSystem

/// Gives snapshots of several volumes the content of one instant.
///
/// LVM can't do this itself: it suspends, snapshots and resumes one volume at a time. Nor can volumes be suspended around
/// `lvcreate`: lvm2 2.03 then writes the new volume into its metadata without telling the pool, whose transaction is
/// wrong from then on, so that the pool can't be activated any more (tried). So the snapshots are made first, one by one
/// and inactive; then all volumes are suspended, the thin device of each snapshot is made anew by the pool's own
/// messages (`delete`, `create_snap`; thin-provisioning.rst of the kernel), and the volumes are resumed. LVM's metadata
/// stay as they are, since numbers and names don't change. The volumes stand still for two messages each, not for a
/// run of `lvcreate` each.
///
/// A process that is killed in between leaves suspended volumes, which a lease names, and snapshots with the tag
/// ``SnapshotTags/unfinished``; `lvremove` removes those, with or without their thin device (tried).
struct SharedInstant: Sendable {
  /// A snapshot that was just made, and its volume.
  struct Pair: Sendable {
    let snapshot: ThinVolume
    let origin: ThinVolume
  }

  let tools: any ToolRunning
  let leases: any VolumeLeasing
  let clock: any HostClock
  let sleep: @Sendable (Duration) async throws -> Void
  /// How long volumes may be suspended; looked at before each message, which itself may take as long.
  let limit: Duration

  /// Makes the content of all snapshots that of one instant.
  ///
  /// - Throws: ``VolumeError`` `busy` if the limit passed: the volumes go on, the snapshots aren't of one instant;
  ///   `refused` if a device isn't what LVM said; `toolFailed`; what acquiring the lease throws.
  func give(_ pairs: [Pair]) async throws {
    let active = pairs.map(\.origin).filter(\.isActive).map(\.name)
    let suspension = VolumeSuspension(tools: tools, sleep: sleep)
    guard !active.isEmpty else { return }
    try await leases.with(
      .suspension(active), make: {}, remove: { try await suspension.resume(active) }
    ) {
      try await suspension.check(pairs.map(\.origin).filter(\.isActive))
      let end = clock.elapsed() + limit
      try await suspension.suspend(active, timeLimit: limit)
      for pair in pairs { try await remake(pair, until: end) }
    }
  }

  private func remake(_ pair: Pair, until end: Duration) async throws {
    let pool = "\(pair.snapshot.pool.mapperName)-tpool"
    for message in ["delete \(pair.snapshot.thinID)", "create_snap \(pair.snapshot.thinID) \(pair.origin.thinID)"] {
      try Task.checkCancellation()
      guard clock.elapsed() < end else {
        throw VolumeError(
          .busy, "cannot give snapshots one instant: their volumes would be suspended for longer than \(limit)",
          hint: "take fewer volumes together, or when the pool's disks are less busy")
      }
      let result = try await tools.uncancelled("dmsetup", ["message", pool, "0", message], timeLimit: limit)
      guard result.isSuccess else {
        throw VolumeError(
          .toolFailed,
          "cannot give the snapshot \(pair.snapshot.name) the group's instant: the pool refused '\(message)'",
          cause: result.lastWords.suffix(3).joined(separator: " | "))
      }
    }
  }
}
