/// Makes snapshots of ours readable for a time.
///
/// A snapshot is made with the flag that keeps it inactive, so nothing else opens it. Its permission is read-only: what is read
/// can't have been written to by the reading.
public struct SnapshotActivation: Sendable {
  private let volumes: OwnedVolumes

  /// Activates with these tools.
  ///
  /// - Parameter sleep: waits between two attempts while something else has a snapshot open.
  public init(tools: any ToolRunning, sleep: @escaping @Sendable (Duration) async throws -> Void) {
    volumes = OwnedVolumes(tools: tools, sleep: sleep)
  }

  /// Activates a snapshot; nothing happens if it is active already.
  ///
  /// - Returns: the path of its device.
  /// - Throws: ``VolumeError`` `notFound` if it vanished, `refused` if it isn't ours, `toolFailed`.
  public func activate(_ name: VolumeName) async throws -> String {
    let purpose = "activate the snapshot \(name)"
    guard let volume = try await volumes.find(name, to: purpose)?.volume else { throw OwnedVolumes.gone(purpose) }
    if !volume.isActive { try await activate(volume, to: purpose) }
    return name.devicePath
  }

  /// Deactivates a snapshot; nothing happens if it is inactive or gone.
  ///
  /// - Throws: ``VolumeError`` `busy` if it stays open, `refused` if it isn't ours, `toolFailed`.
  public func deactivate(_ name: VolumeName) async throws {
    let purpose = "deactivate the snapshot \(name)"
    guard let volume = try await volumes.find(name, to: purpose)?.volume, volume.isActive else { return }
    try await deactivate(volume, to: purpose)
  }

  /// Uses the device of a snapshot, which is active only meanwhile, under a lease.
  ///
  /// - Parameter snapshot: the snapshot as it was looked up; that it is still that one, each command makes sure.
  /// - Throws: as ``activate(_:)`` and ``deactivate(_:)``; what `use` throws.
  public func with<Result: Sendable>(
    _ snapshot: VolumeSnapshot, leases: any VolumeLeasing, use: @Sendable (_ device: String) async throws -> Result
  ) async throws -> Result {
    let (volume, name) = (snapshot.volume, snapshot.name)
    return try await leases.with(
      .activation(name),
      make: {
        try await activate(volume, to: "activate the snapshot \(name)")
        return name.devicePath
      },
      remove: { try await deactivate(volume, to: "deactivate the snapshot \(name)") }, use: use)
  }

  private func activate(_ volume: ThinVolume, to purpose: String) async throws {
    let command = ["lvchange", "--yes", "--ignoreactivationskip", "--activate", "y"]
    try await volumes.change(volume, command, to: purpose, until: .active)
  }

  private func deactivate(_ volume: ThinVolume, to purpose: String) async throws {
    try await volumes.change(volume, ["lvchange", "--yes", "--activate", "n"], to: purpose, until: .inactive)
  }
}
