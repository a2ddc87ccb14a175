public import BackupModel

/// Makes writable snapshots of snapshots, in which a journal may be replayed, and removes them after use.
public struct ThrowawaySnapshot: Sendable {
  private let tools: any ToolRunning
  private let volumes: OwnedVolumes
  private let activation: SnapshotActivation

  /// Makes them with these tools.
  ///
  /// - Parameter sleep: waits between two attempts while something else has a snapshot open.
  public init(tools: any ToolRunning, sleep: @escaping @Sendable (Duration) async throws -> Void) {
    self.tools = tools
    volumes = OwnedVolumes(tools: tools, sleep: sleep)
    activation = SnapshotActivation(tools: tools, sleep: sleep)
  }

  /// Uses a throwaway snapshot of a snapshot, active and writable, which is there only meanwhile, under a lease.
  ///
  /// - Throws: ``VolumeError`` `notFound` if the snapshot vanished, `refused` if it isn't ours, `toolFailed`, `busy` if the
  ///   throwaway snapshot stays open; what `use` throws.
  public func with<Result: Sendable>(
    of snapshot: VolumeName, run: String?, at time: Timestamp, leases: any VolumeLeasing,
    use: @Sendable (_ device: String) async throws -> Result
  ) async throws -> Result {
    let purpose = "make a throwaway snapshot of \(snapshot)"
    guard let found = try await volumes.find(snapshot, to: purpose) else { throw OwnedVolumes.gone(purpose) }
    let name = try SnapshotName.next(for: snapshot, ending: "_read", taken: found.inventory.takenNames)
    return try await leases.with(
      .snapshot(name), make: { try await make(name, of: snapshot, run: run, at: time, to: purpose) },
      remove: { try await remove(name) }, use: use)
  }

  /// Makes a throwaway snapshot and activates it.
  ///
  /// - Returns: the path of its device.
  /// - Throws: ``VolumeError`` `notFound`, `refused`, `toolFailed`.
  public func create(
    _ name: VolumeName, of snapshot: VolumeName, run: String?, at time: Timestamp
  ) async throws -> String {
    let purpose = "make the throwaway snapshot \(name) of \(snapshot)"
    guard try await volumes.find(snapshot, to: purpose) != nil else { throw OwnedVolumes.gone(purpose) }
    return try await make(name, of: snapshot, run: run, at: time, to: purpose)
  }

  private func make(
    _ name: VolumeName, of snapshot: VolumeName, run: String?, at time: Timestamp, to purpose: String
  ) async throws -> String {
    var tags = SnapshotTags(run: run, origin: snapshot.volume, created: time)
    tags.isThrowaway = true
    let arguments = SnapshotTaking.arguments(name: name, of: snapshot, permission: "rw", tags: tags)
    let result = try await tools.uncancelled("lvcreate", ["--ignoreactivationskip"] + arguments)
    guard result.isSuccess else {
      throw VolumeError(
        .toolFailed, "cannot \(purpose): lvcreate \(result.end)",
        cause: result.lastWords.suffix(3).joined(separator: " | "))
    }
    let mapped = try await MappedDevices.read(tools, to: purpose)
    // A configuration that leaves it inactive (lvm.conf(5), `volume_list`) doesn't fail the command; activating says what is wrong.
    return mapped.device(name.mapperName) == nil ? try await activation.activate(name) : name.devicePath
  }

  /// Removes a throwaway snapshot; nothing happens if it is gone.
  ///
  /// - Throws: ``VolumeError`` `refused` if it isn't a throwaway snapshot of ours, `busy`, `toolFailed`.
  public func remove(_ name: VolumeName) async throws {
    let purpose = "remove the throwaway snapshot \(name)"
    guard let found = try await volumes.find(name, to: purpose) else { return }
    guard found.tags.isThrowaway else {
      throw VolumeError(
        .refused, "cannot \(purpose): it does not have the tag \(SnapshotTags.throwaway)",
        hint: "run `lvs -o +lv_tags \(name)`")
    }
    try await volumes.remove(found.volume, in: found.inventory, to: purpose)
  }
}
