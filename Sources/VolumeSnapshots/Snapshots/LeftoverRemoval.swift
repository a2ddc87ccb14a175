/// Removes what a process that died left behind, as its lease names it.
///
/// Idempotent, and touches only what is ours: a snapshot must have our tags, whatever a lease says.
public struct LeftoverRemoval: Sendable {
  /// What became of a leftover.
  public enum Outcome: Hashable, Sendable {
    /// It was there and is gone.
    case removed
    /// Nothing of it was there.
    case absent
    /// Something else is there now under its name; it was left alone.
    case notOurs
    /// Another part of the program removes things of this kind.
    case otherKind
  }

  private let tools: any ToolRunning
  private let sleep: @Sendable (Duration) async throws -> Void

  /// Removes with these tools.
  ///
  /// - Parameter sleep: waits between two attempts.
  public init(tools: any ToolRunning, sleep: @escaping @Sendable (Duration) async throws -> Void) {
    self.tools = tools
    self.sleep = sleep
  }

  /// Removes a throwaway snapshot, deactivates a snapshot, resumes suspended volumes, or runs the command that thaws.
  ///
  /// - Throws: ``VolumeError`` `busy` or `toolFailed` if it is there and stays: the lease must stay too.
  public func remove(_ thing: VolumeThing) async throws -> Outcome {
    switch thing {
    case .snapshot(let name):
      guard let volume = try await InventoryReader(tools: tools).volume(name) else { return .absent }
      guard SnapshotTags(volume.tags)?.isThrowaway == true else { return .notOurs }
      try await ThrowawaySnapshot(tools: tools, sleep: sleep).remove(name)
      return .removed
    case .activation(let name):
      guard let volume = try await InventoryReader(tools: tools).volume(name) else { return .absent }
      guard SnapshotTags(volume.tags) != nil else { return .notOurs }
      guard volume.isActive else { return .absent }
      try await SnapshotActivation(tools: tools, sleep: sleep).deactivate(name)
      return .removed
    case .suspension(let names):
      let suspension = VolumeSuspension(tools: tools, sleep: sleep)
      return try await suspension.resume(names) ? .removed : .absent
    case .frozen(_, let thaw):
      guard let program = thaw.first else { return .absent }
      _ = try await tools.output(
        of: program, Array(thaw.dropFirst()), to: "let go on what a run that died held still")
      return .removed
    case .mapping, .mount, .metadataHold: return .otherKind
    }
  }
}
