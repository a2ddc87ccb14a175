public import BackupModel
import HostSystem
public import VolumeSnapshots

/// What volumes and snapshots take of their pools, from the pools' own metadata.
public struct VolumeUsage: Sendable {
  private let host: VolumeHost

  /// Looks on a host, whose leases must be ones that can be taken: the metadata are held for a moment.
  public init(_ host: VolumeHost) { self.host = host }

  /// Measures all volumes of some pools.
  ///
  /// A pool that can't be read now (another program reads it, a tool is missing) is left out and said so.
  /// - Returns: the bytes that each volume has mapped, those that nothing but it holds, and lines on what couldn't be read.
  /// - Throws: `CancellationError`; `SystemError` if the directory for locks can't be made.
  public func measure(
    _ inventory: VolumeInventory, pools: Set<VolumeName>
  ) async throws -> (mapped: [VolumeName: ByteCount], exclusive: [VolumeName: ByteCount], problems: [String]) {
    var mapped: [VolumeName: ByteCount] = [:]
    var exclusive: [VolumeName: ByteCount] = [:]
    var problems: [String] = []
    guard !pools.isEmpty else { return (mapped, exclusive, problems) }
    try makeDirectory(host.directory)
    let holds = MetadataHolds(
      tools: host.tools, leases: host.leases, directory: PathBytes(path: host.directory), holder: host.holder)
    for name in pools.sorted() {
      do {
        let pool = try inventory.pool(name)
        try await ThinTools.check([.list], of: host.tools)
        let usage = try await holds.with(
          MetadataPool(name: pool.name, uuid: pool.uuid, chunkSize: pool.chunkSize.bytes)
        ) { try await $0.usage() }
        for volume in inventory.volumes where volume.pool == name {
          guard let used = usage[volume.thinID] else { continue }
          mapped[volume.name] = ByteCount(used.mappedBytes)
          exclusive[volume.name] = ByteCount(used.exclusiveBytes)
        }
      } catch let failure as any Failure {
        problems.append("what the volumes of the pool \(name) take is not known: \(failure.description)")
      }
    }
    return (mapped, exclusive, problems)
  }
}
