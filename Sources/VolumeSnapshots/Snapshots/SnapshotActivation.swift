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
    guard let (volume, _) = try await volumes.find(name, to: purpose) else { throw OwnedVolumes.gone(purpose) }
    if !volume.isActive {
      let command = ["lvchange", "--yes", "--ignoreactivationskip", "--activate", "y"]
      try await volumes.change(volume, command, to: purpose) { $0?.isActive == true }
    }
    return name.devicePath
  }

  /// Deactivates a snapshot; nothing happens if it is inactive or gone.
  ///
  /// - Throws: ``VolumeError`` `busy` if it stays open, `refused` if it isn't ours, `toolFailed`.
  public func deactivate(_ name: VolumeName) async throws {
    let purpose = "deactivate the snapshot \(name)"
    guard let (volume, _) = try await volumes.find(name, to: purpose), volume.isActive else { return }
    try await volumes.change(volume, ["lvchange", "--yes", "--activate", "n"], to: purpose) { $0?.isActive != true }
  }

  /// Uses the device of a snapshot, which is active only meanwhile, under a lease.
  ///
  /// - Throws: as ``activate(_:)`` and ``deactivate(_:)``; what `use` throws.
  public func with<Result: Sendable>(
    _ name: VolumeName, leases: any VolumeLeasing, use: @Sendable (_ device: String) async throws -> Result
  ) async throws -> Result {
    try await leases.with(
      .activation(name), make: { try await activate(name) }, remove: { try await deactivate(name) }, use: use)
  }
}
