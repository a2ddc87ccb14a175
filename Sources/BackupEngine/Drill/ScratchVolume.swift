import BackupModel
import BackupRepository
import HostSystem
public import VolumeSnapshots

/// A thin pool in which drills restore images.
public struct ScratchPool: Sendable {
  /// The pool.
  public var name: VolumeName
  /// What making and removing volumes needs.
  public var host: VolumeHost

  /// Names a pool of a host.
  public init(_ name: VolumeName, on host: VolumeHost) {
    self.name = name
    self.host = host
  }
}

/// A new thin volume for the image of a point, which is there only while a drill looks at it.
///
/// It has the tags of a throwaway snapshot and a lease from the command on that makes it: what a killed drill leaves of it, the next start
/// removes. No other volume is opened, activated or changed.
struct ScratchVolume: Sendable {
  let pool: ScratchPool
  let point: RecoveryPoint
  let restore: ImageRestore

  /// Makes the volume, uses it and removes it, uncancelled, however the use ended.
  ///
  /// - Parameter use: gets the device, and whether it reads as zeros all over.
  /// - Throws: `VolumeError` before anything is made: `notFound` if there is no such pool, `noSpace` if the image would fill it beyond the
  ///   limits of the host, `poolUnhealthy`; `toolFailed`; `busy` if the volume stays in use, and its lease then; `CatalogError`;
  ///   `RepositoryError` of the image's index; what `use` throws.
  func with<Result: Sendable>(
    _ use: @Sendable (_ device: PathBytes, _ isKnownEmpty: Bool) async throws -> Result
  ) async throws -> Result {
    let (host, restore) = (pool.host, restore)
    let inventory = try await host.inventory()
    let found = try inventory.pool(pool.name)
    let isZeroing = try await NewThinVolume.isZeroing(pool.name, host.tools)
    let (length, written) = try await withBlockingWork { cancellation in
      let length = try restore.length()
      // Where chunks aren't zeroed, holes are written too.
      return (
        length, isZeroing ? try restore.occupied(inUnitsOf: found.chunkSize, cancellation: cancellation) : length
      )
    }
    let purpose = "drill \(point.source)@\(point.id) in a thin pool"
    if let refusal = PoolForecast(found, writing: written).refusal(limits: host.thresholds, to: purpose) {
      throw refusal
    }
    let what = point.source.name.split(separator: "/").joined(separator: "_")
    let name = try SnapshotName.drill(of: what, in: pool.name.group, taken: inventory.takenNames)
    let tags = SnapshotTags.throwaway(run: host.run, created: host.clock.now())
    let new = NewThinVolume(tools: host.tools, name: name, pool: pool.name)
    return try await host.leases.with(
      .snapshot(name),
      make: { try await new.make(length: length, tags: tags) },
      remove: { try await ThrowawaySnapshot(tools: host.tools, sleep: host.sleep).remove(name) },
      use: { try await use(PathBytes(path: name.devicePath), isZeroing) })
  }
}
