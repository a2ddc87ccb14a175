import BackupModel
import BackupPolicy
public import BackupRepository
import HostSystem
import VolumeSnapshots

/// Gathers what `volumes list` shows.
public struct VolumeSurvey: Sendable {
  private let host: VolumeHost

  /// Looks on a host, whose leases must be ones that can be taken: the metadata of pools are held for a moment.
  public init(_ host: VolumeHost) { self.host = host }

  /// Lists all thin volumes but our snapshots.
  ///
  /// - Parameter repository: where points are; nil if none can be looked at.
  /// - Returns: the rows, and lines on what couldn't be found out.
  /// - Throws: `VolumeError` if the volumes can't be listed; `RepositoryError`; `CancellationError`.
  public func list(repository: Repository?) async throws -> (rows: [VolumeRow], problems: [String]) {
    let claims = try await KnownClaims.ask(
      host.cluster, tools: host.tools, catalog: host.catalog, clock: host.clock)
    let inventory = try await host.inventory()
    let groups = Set(inventory.groups.map(\.name)).union(host.declarations.map(\.group))
    let seen = SeenVolumes(inventory, groups: groups, claims: claims)
    let usage = try await VolumeUsage(host).measure(inventory, pools: Set(inventory.volumes.map(\.pool)))
    let coverage = VolumeCoverage(host.declarations, seen: seen)
    let facts = seen.volumes.compactMap { volume -> VolumeFacts? in
      guard let name = VolumeName(group: volume.group, volume: volume.name) else { return nil }
      return VolumeFacts(
        volume: volume, mapped: usage.mapped[name], isEncrypted: Self.isEncrypted(inventory.volumeIfAny(name)),
        snapshots: inventory.snapshots(of: name).compactMap { snapshot in
          snapshot.created.map {
            VolumeFacts.Snapshot(
              name: snapshot.name.volume, created: $0, exclusive: usage.exclusive[snapshot.name],
              isBase: snapshot.tags.isBase)
          }
        })
    }
    let rows = VolumeRow.rows(facts, coverage: coverage.items, points: try points(of: facts, in: repository))
    return (rows, [claims.warning].compactMap(\.self) + coverage.problems + usage.problems)
  }

  private func points(of facts: [VolumeFacts], in repository: Repository?) throws -> [SourceID: Timestamp] {
    var points: [SourceID: Timestamp] = [:]
    for source in facts.compactMap(\.volume.source) {
      points[source] = try repository?.store(source).latestGoodPoint { _, _ in }?.begun
    }
    return points
  }

  /// Whether a volume begins with a LUKS header; nil if it isn't active or can't be read, which here is no error.
  private static func isEncrypted(_ volume: ThinVolume?) -> Bool? {
    guard let volume, volume.isActive,
      // What can't be opened or read shows as unknown.
      let device = try? OpenFile.open(PathBytes(path: volume.name.devicePath), .readOwn),
      let finding = try? LUKSFinding.find(in: device)  // As above.
    else { return nil }
    switch finding {
    case .header, .damaged: return true
    case .none, .secondHeaderOnly: return false
    }
  }
}
