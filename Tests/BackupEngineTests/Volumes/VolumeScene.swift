import BackupModel
import BackupPolicy
import Testing
import VolumeSnapshots

@testable import BackupEngine

/// Volumes and claims as the reference host has them.
enum VolumeScene {
  static let volumes = [
    volume("vm-9999-pvc-1"), volume("vm-9999-pvc-2"), volume("vm-9999-pvc-3"), volume("vm-101-disk-0"),
    volume("vm-9999-pvc-1_snap_20261122_0300", own: true), volume("scratch", pool: "other"),
  ]

  static func volume(
    _ name: String, group: String = "pve", pool: String = "data", own: Bool = false
  ) -> VolumeCandidate {
    VolumeCandidate(group: group, pool: pool, name: name, size: .gibibytes(10), isOwnSnapshot: own)
  }

  static func claim(
    _ name: String, _ volume: String?, phase: PersistentClaim.Phase = .bound, node: String? = "pve1"
  ) -> PersistentClaim {
    let parts = name.split(separator: "/").map(String.init)
    return PersistentClaim(
      namespace: parts[0], name: parts[1], persistentVolume: "pvc-of-\(parts[1])", phase: phase,
      storage: "proxmox-lvm", node: node, volume: volume, capacity: .gibibytes(10))
  }

  static let claims = KnownClaims(
    ClaimInventory(claims: [
      claim("media/jellyfin", "vm-9999-pvc-1"), claim("media/cache-a", "vm-9999-pvc-2"),
      claim("db/postgres", "vm-9999-pvc-3"),
    ]))

  static func seen(
    _ volumes: [VolumeCandidate] = volumes, claims: KnownClaims = claims
  ) -> SeenVolumes {
    SeenVolumes(groups: ["pve": .listed(pools: ["data", "other"], volumes: volumes)], claims: claims)
  }

  /// Selections as a configuration has them.
  static func declarations(_ list: String) throws -> [VolumeDeclaration] {
    try Configuration.parse(
      text: "repository: {path: /r}\nkubernetes: {command: [kubectl]}\nvolumes: [\(list)]", file: "c.yaml"
    ).volumes
  }

  /// An item in one line: `volume pve/x (a/b): protected by volume/pve/x of pvc`.
  static func line(_ item: CoverageSurvey.Item) -> String {
    let by = item.selection.map { " of \($0)" } ?? ""
    let note = item.note.map { "; \($0)" } ?? ""
    let state =
      switch item.protection {
      case .protected(let source): "\(source)"
      case .excluded(let reason): "excluded, \(reason)"
      case .uncovered: "uncovered"
      case .unknown: "unknown"
      }
    return "\(item.title): \(state)\(by)\(note)"
  }
}
