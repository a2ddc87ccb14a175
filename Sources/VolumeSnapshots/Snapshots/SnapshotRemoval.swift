/// Removes snapshots of ours.
public struct SnapshotRemoval: Sendable {
  /// What became of one snapshot of a plan.
  public struct Outcome: Sendable {
    /// The snapshot.
    public let snapshot: VolumeSnapshot
    /// Why it couldn't be removed; nil if it is gone.
    public let failure: (any Error)?
  }

  private let volumes: OwnedVolumes

  /// Removes with these tools.
  ///
  /// - Parameter sleep: waits between two attempts while something else has a snapshot open.
  public init(tools: any ToolRunning, sleep: @escaping @Sendable (Duration) async throws -> Void) {
    volumes = OwnedVolumes(tools: tools, sleep: sleep)
  }

  /// Removes a snapshot; nothing happens if it is gone.
  ///
  /// - Parameter allowRemovingBases: whether the base of the next difference may go, after which the next point reads all.
  /// - Returns: whether it was there.
  /// - Throws: ``VolumeError`` `refused` if it isn't ours or is a base, `busy` if it stays open, `poolUnhealthy`, `toolFailed`.
  @discardableResult
  public func remove(_ name: VolumeName, allowRemovingBases: Bool = false) async throws -> Bool {
    let purpose = "remove the snapshot \(name)"
    guard let found = try await volumes.find(name, to: purpose) else { return false }
    guard !found.tags.isBase || allowRemovingBases else {
      throw VolumeError(
        .refused, "cannot \(purpose): it is the base of the next difference of its volume",
        hint: "run `backupctl snapshots remove --allow-removing-bases \(name)`; the next point then reads everything")
    }
    try await volumes.remove(found.volume, in: found.inventory, to: purpose)
    return true
  }

  /// Removes a snapshot that was just looked up, a base too; nothing happens if it is gone.
  ///
  /// - Parameter inventory: what there was when it was looked up.
  /// - Throws: ``VolumeError`` `refused` if it isn't ours any more, `busy` if it stays open, `poolUnhealthy`, `toolFailed`.
  public func remove(_ snapshot: VolumeSnapshot, in inventory: VolumeInventory) async throws {
    try await volumes.remove(snapshot.volume, in: inventory, to: "remove the snapshot \(snapshot.name)")
  }

  /// Removes what a plan drops, oldest first. A snapshot that can't be removed doesn't stop the others.
  ///
  /// A snapshot that became a base after the plan was made isn't removed.
  /// - Parameter isEnough: asked before each; true ends the removing.
  /// - Throws: `CancellationError`; what `isEnough` throws.
  public func execute(
    _ plan: SnapshotRetentionPlan, until isEnough: @Sendable () async throws -> Bool = { false }
  ) async throws -> [Outcome] {
    var outcomes: [Outcome] = []
    for snapshot in plan.dropped {
      try Task.checkCancellation()
      if try await isEnough() { break }
      do {
        try await remove(snapshot.name)
        outcomes.append(Outcome(snapshot: snapshot, failure: nil))
      } catch is CancellationError {
        throw CancellationError()
      } catch {
        outcomes.append(Outcome(snapshot: snapshot, failure: error))
      }
    }
    return outcomes
  }

  /// Makes a snapshot the base of the next difference, or lets it be one no longer.
  ///
  /// - Throws: ``VolumeError`` `notFound` if it vanished, `refused` if it isn't ours, `toolFailed`.
  public func setBase(_ name: VolumeName, _ isBase: Bool) async throws {
    let purpose = "\(isBase ? "mark" : "unmark") the snapshot \(name) as the base of the next difference"
    guard let found = try await volumes.find(name, to: purpose) else { throw OwnedVolumes.gone(purpose) }
    guard found.tags.isBase != isBase else { return }
    try await volumes.change(
      found.volume, ["lvchange", isBase ? "--addtag" : "--deltag", SnapshotTags.base], to: purpose,
      until: .base(isBase))
  }
}
