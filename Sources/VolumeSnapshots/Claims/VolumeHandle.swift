/// The handle by which the Proxmox driver knows a volume: `REGION/NODE/STORAGE/DISK`.
///
/// The format is that of `NewVolumeFromVolumeID` in the driver's package `volume`: four parts, of which the last may have
/// slashes of its own. The node is empty for storage that several nodes share. On LVM the disk is the logical volume's name,
/// `vm-9999-pvc-<uuid>`; on storage of files it is a path, `9999/vm-9999-pvc-<uuid>.raw`.
struct VolumeHandle: Hashable {
  /// The cluster of Proxmox.
  let region: String
  /// The node; empty for shared storage.
  let node: String
  /// The storage.
  let storage: String
  /// The disk.
  let disk: String

  /// Parses a handle; nil for anything else.
  init?(parsing text: String) {
    let parts = text.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 4, !parts[0].isEmpty, !parts[2].isEmpty, !parts[3].isEmpty else { return nil }
    (region, node, storage, disk) = (parts[0], parts[1], parts[2], parts[3])
  }

  /// The name of the logical volume, without its group; nil if the disk is a file.
  var volume: String? { disk.contains("/") ? nil : VolumeName(group: "group", volume: disk)?.volume }
}
