import BackupRepository
import HostSystem
import VolumeSnapshots

/// Keeps the snapshot that the newest point of a volume was read from, for the next difference, and no older one.
struct VolumeBases: Sendable {
  let host: VolumeHost

  private var removal: SnapshotRemoval { SnapshotRemoval(tools: host.tools, sleep: host.sleep) }

  /// Protects a snapshot from retention before it is read, so that it is there when the point says that it is the base.
  ///
  /// - Throws: `VolumeError` if it vanished or isn't ours.
  func begin(_ snapshot: VolumeName) async throws { try await removal.setBase(snapshot, true) }

  /// Releases all other bases of a volume once a point was published; those that were made for an archive only are removed, also what an
  /// archive that was killed left.
  ///
  /// - Parameter snapshot: the base from now on; nil if the point needs none.
  /// - Returns: what couldn't be done: lines for a person. A base too many costs space, never data.
  func settle(on snapshot: VolumeName?, of volume: VolumeName) async -> [String] {
    await uncancelled {
      let inventory = try await host.inventory()
      try await drop(
        inventory.snapshots(of: volume).filter {
          ($0.tags.isBase || $0.tags.purpose == .archive) && $0.name != snapshot
        }, in: inventory)
    }
  }

  /// Releases what archives that were killed left, before the next one begins: all bases but the one that the newest good point was
  /// read from, and the snapshots that were made for an archive only. Without this, archives that die again and again would fill the
  /// pool.
  ///
  /// Nothing is done while another archive of the volume is at work, or if a newer point can't be read.
  /// - Parameter given: the snapshot that is to be read, if there is one already.
  /// - Returns: what couldn't be done: lines for a person.
  func clear(
    of volume: VolumeName, besides given: VolumeName?, in store: SourceStore, holder: String
  ) async -> [String] {
    await uncancelled {
      var isKnown = true
      let newest = try store.latestGoodPoint { _, _ in isKnown = false }
      let inventory = try await host.inventory()
      let others = inventory.snapshots(of: volume).filter {
        ($0.tags.isBase || $0.tags.purpose == .archive) && $0.name != given
          // One that took the base's name is left for the proof of the base, which names it.
          && $0.volume.uuid != newest?.volume?.snapshot?.uuid && $0.name.volume != newest?.volume?.snapshot?.name
      }
      guard isKnown, !others.isEmpty else { return }
      do {
        let lock = try store.lock(holder: holder)
        try await drop(others, in: inventory)
        withExtendedLifetime(lock) {}
      } catch let error as RepositoryError where error.code == .busy {
        // The archive that is begun here will say so.
      }
    }
  }

  private func drop(_ snapshots: [VolumeSnapshot], in inventory: VolumeInventory) async throws {
    for snapshot in snapshots {
      if snapshot.tags.purpose == .archive {
        try await removal.remove(snapshot, in: inventory)
      } else {
        try await removal.setBase(snapshot.name, false)
      }
    }
  }

  /// Lets a snapshot be the base no longer.
  func release(_ snapshot: VolumeName) async -> [String] {
    await uncancelled { try await removal.setBase(snapshot, false) }
  }

  /// Removes a snapshot that served its purpose.
  func remove(_ snapshot: VolumeName) async -> [String] {
    await uncancelled { _ = try await removal.remove(snapshot, allowRemovingBases: true) }
  }

  /// Does work that no cancellation reaches, and tells its error in words.
  private func uncancelled(_ body: @escaping @Sendable () async throws -> Void) async -> [String] {
    await Task {
      do {
        try await body()
        return []
      } catch {
        return ["\(error)"]
      }
    }.value
  }
}
